import type { Clock } from '../core/clock.ts';
import type { RunRecord } from '../core/run.ts';
import type { Logger } from '../observability/logger.ts';
import type { Store } from '../storage/store.ts';
import type { CommitQueue } from './commit-queue.ts';

/** What everything in this folder works with. */
export interface Executor {
  readonly store: Store;
  readonly commits: CommitQueue;
  readonly clock: Clock;
  /** In [0, 1); spreads retries. */
  readonly random: () => number;
  readonly log: Logger;
  readonly settings: ExecutorSettings;
}

export interface ExecutorSettings {
  readonly defaultRetries: number;
  readonly recoverOnWorkerLoss: boolean;
  readonly maxRecoveryAttempts: number;
  readonly eventSoftLimit: number;
  readonly eventHardLimit: number;
  readonly eventWarningInterval: number;
}

/** How a run's end is told to those who wait in this process. */
export type RunEnd = Pick<RunRecord, 'runId' | 'status' | 'result' | 'error'>;
