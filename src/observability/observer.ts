import type { EncodedError } from '../core/error-codec.ts';
import type { RunStatus } from '../core/run.ts';
import type { StepContext } from '../workflow/context.ts';

/**
 * Told what the executor does in this process, as it happens. Its methods are called on the way of
 * every step: they must be quick and must not throw (`combineObservers` takes care of the latter).
 *
 * Between `runOpened` and one of `runSuspended`, `runEnded`, `runLost`, `runAbandoned` this process
 * advances the run, and all its attempts lie in between. `runOpened` may be called again meanwhile.
 */
export interface Observer {
  /** The run's code begins here for the first time. Before `runOpened`. */
  runStarted(run: ObservedRun): void;
  runOpened(run: ObservedRun): void;
  /** Its code has been fed its history, because it was not in memory any more. */
  runReplayed(run: ObservedRun, events: number): void;
  /** The worker that held the run has died. After `runOpened`. */
  runRecovered(run: ObservedRun, lostBy: string): void;
  runSuspended(run: ObservedRun): void;
  /** Or is parked: `interrupted`, it cannot go on with this code. */
  runEnded(run: ObservedRun, status: RunStatus, error: EncodedError | null): void;
  /** Another worker owns the run now. */
  runLost(run: ObservedRun): void;
  /** This process stops, or its store has failed: the run is left to others. */
  runAbandoned(run: ObservedRun): void;
  /** Calls `run`, which runs the step's code, once and gives back what it gives. */
  runAttempt<T>(step: StepContext, run: () => T): T;
  attemptEnded(step: StepContext, outcome: AttemptOutcome, error: unknown): void;
  /** @param writes decisions that shared the transaction. @param ms how long it took */
  commitFlushed(writes: number, ms: number): void;
}

/** `abandoned`: nobody wants the result any more. */
export type AttemptOutcome = 'completed' | 'failed' | 'timed_out' | 'cancelled' | 'abandoned';

/** What there is to know of a run while it is advanced; times are milliseconds since the epoch. */
export interface ObservedRun {
  readonly runId: string;
  readonly workflowName: string;
  readonly parentRunId: string | null;
  readonly continuedFromRunId: string | null;
  readonly forkedFromRunId: string | null;
  /** Null for a run that has not begun. */
  readonly startedAt: number | null;
}
