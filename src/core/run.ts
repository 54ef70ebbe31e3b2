import type { EncodedError } from './error-codec.ts';
import type { Json } from './json.ts';

export const RUN_STATUSES = [
  'pending',
  'running',
  'suspended',
  'completed',
  'failed',
  'interrupted',
  'cancelled',
  'continued_as_new',
] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

const FINISHED: ReadonlySet<RunStatus> = new Set([
  'completed',
  'failed',
  'cancelled',
  'continued_as_new',
]);

/** A finished run never changes again. An `interrupted` run is parked: `resume` wakes it. */
export function isFinished(status: RunStatus): boolean {
  return FINISHED.has(status);
}

/** One execution of a workflow as the store holds it. Times are milliseconds since the epoch. */
export interface RunRecord {
  readonly runId: string;
  readonly workflowName: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly input: Json;
  readonly result: Json | null;
  readonly error: EncodedError | null;
  readonly idempotencyKey: string | null;
  /** Milliseconds the run may take in all, or null for no limit. */
  readonly maxDuration: number | null;
  readonly metadata: { readonly [key: string]: Json };
  readonly tags: readonly string[];
  readonly recoveryAttempts: number;
  readonly maxRecoveryAttempts: number;
  readonly recoverOnWorkerLoss: boolean;
  readonly parentRunId: string | null;
  /** The id under which its parent knows it; null for a root run. */
  readonly childId: string | null;
  /** 0 for a root run. */
  readonly nestingDepth: number;
  readonly continuedFromRunId: string | null;
  readonly continuedToRunId: string | null;
  /** The run whose history this one has taken over up to a step. */
  readonly forkedFromRunId: string | null;
  readonly scheduleId: string | null;
  /** The occurrence it was started for, milliseconds since the epoch. */
  readonly scheduledAt: number | null;
  /** Of the deployment that started it, or null if it did not say. */
  readonly codeVersion: string | null;
  /** What the code last reported, or null. */
  readonly progress: RunProgress | null;
}

/** How far a run has come, in units of its own. */
export interface RunProgress {
  readonly done: number;
  readonly total: number | null;
  readonly note: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A run without its payloads: what lists carry. */
export type RunSummary = Omit<RunRecord, 'input' | 'result'>;
