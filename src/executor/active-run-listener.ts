import type { ActiveRun } from './active-run.ts';
import type { Draft } from './draft.ts';
import type { RunEnd } from './executor.ts';

/** Who is told what becomes of the runs that this process holds. */
export interface ActiveRunListener {
  /** The lease is given back; the session may be kept to resume the run quickly. */
  onSuspended(run: ActiveRun): void;
  /** A timer was due for a run that was being released: it is for the next owner. */
  onMissed(): void;
  /** The run has ended or is parked. */
  onEnded(run: ActiveRun, end: RunEnd): void;
  /** Somebody else owns the run now, or the store failed: whatever this process knew is void. */
  onLost(run: ActiveRun, error: unknown): void;
  /** Something came in between that changes the decision; the lease is still held. */
  onOutdated(run: ActiveRun): void;
  /** `wakes`: other runs of the store may want attention because of it. */
  onCommitted(run: ActiveRun, draft: Draft, wakes: boolean): void;
  /** The run's code went on without an event. */
  onViolation(runId: string): void;
}
