import type { Clock } from '../../core/clock.ts';

/**
 * One timer for all runs: it stands on the earliest instant anybody asked for. The store keeps the
 * rest, so that ten thousand sleeping runs cost one timer.
 */
export interface Alarm {
  /** Rings at `dueAt` at the latest, milliseconds since the epoch. */
  setFor(dueAt: number): void;
  stop(): void;
}

export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let standsOn = Number.POSITIVE_INFINITY;
  let callOff: (() => void) | undefined;
  const stop = () => {
    callOff?.();
    standsOn = Number.POSITIVE_INFINITY;
  };
  const check = () => {
    // Timers may fire a moment early, and the longest ones fire in stages.
    const early = standsOn - clock.now();
    if (early > 0) {
      callOff = clock.after(early, check);
      return;
    }
    standsOn = Number.POSITIVE_INFINITY;
    ring();
  };
  return {
    setFor(dueAt) {
      if (dueAt >= standsOn) return;
      callOff?.();
      standsOn = dueAt;
      callOff = clock.after(dueAt - clock.now(), check);
    },
    stop,
  };
}
