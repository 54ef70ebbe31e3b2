import type { Clock } from '../../src/core/clock.ts';

export interface SteppedClock extends Clock {
  /** Moves on to an instant and calls what is due by then; what that does takes no time. */
  set(ms: number): void;
}

/** A clock that only the test moves, so that no test depends on the speed of the machine. */
export function createSteppedClock(start: number): SteppedClock {
  let now = start;
  const timers = new Set<{ readonly dueAt: number; readonly fn: () => void }>();
  return {
    now: () => now,
    after(ms, fn) {
      const timer = { dueAt: now + Math.max(0, ms), fn };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    set(ms) {
      now = ms;
      for (const timer of [...timers].sort((a, b) => a.dueAt - b.dueAt)) {
        if (timer.dueAt <= now && timers.delete(timer)) timer.fn();
      }
    },
  };
}
