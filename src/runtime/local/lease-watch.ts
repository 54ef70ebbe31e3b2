import type { Clock } from '../../core/clock.ts';
import type { ActiveRun } from '../../executor/active-run.ts';

/** How often a run that is being advanced asks whether it is still its worker's, milliseconds. */
const EVERY_MS = 1000;

/** Finds out that a lease is lost also while a long step has nothing to write: then it is told to stop. */
export interface LeaseWatch {
  /** Looks from now on, as long as there are active runs. */
  begin(): void;
  stop(): void;
}

export function createLeaseWatch(clock: Clock, active: ReadonlyMap<string, ActiveRun>): LeaseWatch {
  let callOff: (() => void) | null = null;
  function begin(): void {
    callOff ??= clock.after(EVERY_MS, () => {
      callOff = null;
      for (const run of active.values()) run.probe();
      if (active.size > 0) begin();
    });
  }
  return {
    begin,
    stop() {
      callOff?.();
      callOff = null;
    },
  };
}
