import type { Clock } from '../../../src/core/clock.ts';

export interface ManualClock extends Clock {
  /** Jumps from timer to timer until `promise` settles. */
  through<T>(promise: Promise<T>): Promise<T>;
}

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
        await new Promise((resolve) => setTimeout(resolve, 4));
        if (!settled) jump();
      }
      return promise;
    },
  };
}
