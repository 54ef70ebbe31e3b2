import type { Clock } from '../../../src/core/clock.ts';

export interface ManualClock extends Clock {
  /** Jumps from timer to timer until `promise` settles. */
  through<T>(promise: Promise<T>): Promise<T>;
}

/** More than any decision takes from an arrival to the start of what follows from it. */
const TURNS = 100;

/** A clock that stands still but for `through`. */
export function createManualClock(start = 1_700_000_000_000): ManualClock {
  let now = start;
  const timers = new Set<{ dueAt: number; fn: () => void }>();

  function jump(): void {
    const [next] = [...timers].sort((a, b) => a.dueAt - b.dueAt);
    if (next === undefined) return;
    now = Math.max(now, next.dueAt);
    timers.delete(next);
    next.fn();
  }

  return {
    now: () => now,
    after(ms, fn) {
      const timer = { dueAt: now + Math.max(0, ms), fn };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async through(promise) {
      let settled = false;
      const settle = () => {
        settled = true;
      };
      promise.then(settle, settle);
      const giveUpAt = performance.now() + 10_000;
      while (!settled) {
        if (performance.now() > giveUpAt) throw new Error('it did not settle within 10 s');
        // Turns of the event loop, not milliseconds: on a busy machine those pass without any work.
        for (let turn = 0; turn < TURNS && !settled; turn++) await new Promise(setImmediate);
        if (!settled) jump();
      }
      return promise;
    },
  };
}
