import type { RunEnd } from '../executor/executor.ts';
import type { NewRun } from '../executor/start-run.ts';

/** Where runs are executed. The client talks to this and to the store, to nothing else. */
export interface Runtime {
  readonly name: string;
  /** Why nothing is executed here any more: the store's error or a ClosedError; null while all is well. */
  readonly failure: unknown;
  /** Creates the run and begins it here. @throws `failure` */
  start(request: NewRun): Promise<StartedRun>;
  /** Creates the run and leaves it to a worker. */
  startDetached(request: NewRun): Promise<StartedRun>;
  /** Executes a run that exists, as soon and as long as nobody else does. */
  adopt(runId: string): Promise<void>;
  /** Something was delivered to a run: it may be this process that has to react. */
  notify(): void;
  /** Calls `onEnd` when a run ends or parks in this process. Returns how to stop listening. */
  onEnd(runId: string, onEnd: (end: RunEnd) => void): () => void;
  /** True while this process advances the run: its end will be told by `onEnd`. */
  holds(runId: string): boolean;
  /** Calls `onChange` when runs may have changed, here or in another process. */
  onChange(onChange: () => void): () => void;
  /** Calls `onChange` when runs may have changed in another process, or this one gave up. */
  onForeignChange(onChange: () => void): () => void;
  /** Serves all runs of the store, not only those started here. */
  serve(options: ServeOptions): Promise<ServingWorker>;
  /** Lets running steps finish, at most `graceMs` milliseconds, and hands every run back. */
  close(graceMs: number): Promise<void>;
}

export interface StartedRun {
  readonly runId: string;
  /** The id or idempotency key was taken already, by `runId`. */
  readonly existed: boolean;
  /** The gate that let no run in beside `runId`: nothing was started. */
  readonly refusedBy?: string;
}

export interface ServeOptions {
  readonly name?: string | undefined;
  readonly concurrency?: number | undefined;
  /** Only these; null for every registered one. */
  readonly workflows: readonly string[] | null;
}

export interface ServingWorker {
  readonly workerId: string;
  readonly name: string;
  activeRuns(): number;
  /** Settles when it has stopped; rejects with the store's error if that made it give up. */
  readonly done: Promise<void>;
  stop(graceMs: number): Promise<void>;
}
