import type { Clock } from '../core/clock.ts';
import type { RunRecord } from '../core/run.ts';
import type { Logger } from '../observability/logger.ts';
import type { Observer } from '../observability/observer.ts';
import type { Store } from '../storage/store.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { CommitQueue } from './commit-queue.ts';

/** What everything in this folder works with. */
export interface Executor {
  readonly store: Store;
  readonly commits: CommitQueue;
  readonly clock: Clock;
  /** In [0, 1); spreads retries. */
  readonly random: () => number;
  readonly log: Logger;
  /** Undefined where nobody watches, which then costs one look. */
  readonly observer?: Observer | undefined;
  readonly settings: ExecutorSettings;
  /** Only in tests. */
  readonly standIns?: StandIns | undefined;
}

/** What tests put in the place of users' code: the same definitions with other functions. */
export interface StandIns {
  step(definition: StepDefinition): StepDefinition;
  workflow(definition: WorkflowDefinition): WorkflowDefinition;
}

export interface ExecutorSettings {
  readonly defaultRetries: number;
  readonly recoverOnWorkerLoss: boolean;
  readonly maxRecoveryAttempts: number;
  readonly eventSoftLimit: number;
  readonly eventHardLimit: number;
  readonly eventWarningInterval: number;
  readonly maxNestingDepth: number;
  /** Bytes of an event's data from which a warning is logged. */
  readonly payloadWarningSize: number;
  /** Bytes of a step's result from which the step fails. */
  readonly payloadHardLimit: number;
  /** Of the deployment, recorded with every run. */
  readonly codeVersion: string | null;
}

/** How a run's end is told to those who wait in this process. */
export type RunEnd = Pick<RunRecord, 'runId' | 'status' | 'result' | 'error' | 'continuedToRunId'>;
