import { isoTime } from '../core/clock.ts';
import { type EventData, newEvent } from '../core/event.ts';
import { newRunId, newSecret } from '../core/id.ts';
import type { Json } from '../core/json.ts';
import type { RunRecord, RunSummary } from '../core/run.ts';
import type { CreateRun, Gate } from '../storage/commit.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { Executor } from './executor.ts';

export interface NewRun {
  readonly definition: WorkflowDefinition;
  /** Encoded, checked against the workflow's schema. */
  readonly input: Json;
  readonly idempotencyKey: string | null;
  /** A run that has failed or was cancelled, and now gives its idempotency key to this one. */
  readonly takesKeyFrom?: string | undefined;
  readonly metadata: { readonly [key: string]: Json };
  readonly tags: readonly string[];
  /** Default: a new one. */
  readonly runId?: string | undefined;
  /** The occurrence it is started for. */
  readonly schedule?: { readonly id: string; readonly scheduledAt: number } | undefined;
  /** What it must pass before it begins. */
  readonly gates?: readonly Gate[] | undefined;
  readonly parent?:
    | { readonly runId: string; readonly childId: string; readonly nestingDepth: number }
    | undefined;
}

/** @param now milliseconds since the epoch */
export function newRunRecord(executor: Executor, request: NewRun, now: number): RunRecord {
  const { definition, parent, schedule } = request;
  const { settings } = executor;
  return {
    runId: request.runId ?? newRunId(),
    workflowName: definition.name,
    status: 'pending',
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    completedAt: null,
    input: request.input,
    result: null,
    error: null,
    idempotencyKey: request.idempotencyKey,
    maxDuration: definition.maxDurationMs,
    metadata: { ...definition.metadata, ...request.metadata },
    tags: [...new Set([...definition.tags, ...request.tags])],
    recoveryAttempts: 0,
    maxRecoveryAttempts: definition.maxRecoveryAttempts ?? settings.maxRecoveryAttempts,
    recoverOnWorkerLoss: definition.recoverOnWorkerLoss ?? settings.recoverOnWorkerLoss,
    parentRunId: parent?.runId ?? null,
    childId: parent?.childId ?? null,
    nestingDepth: parent === undefined ? 0 : parent.nestingDepth + 1,
    continuedFromRunId: null,
    continuedToRunId: null,
    forkedFromRunId: null,
    scheduleId: schedule?.id ?? null,
    scheduledAt: schedule?.scheduledAt ?? null,
    codeVersion: definition.version ?? settings.codeVersion,
    progress: null,
  };
}

/** The run that goes on where another has continued as new: it inherits all but the input. */
export function successorRecord(
  executor: Executor,
  before: RunSummary,
  definition: WorkflowDefinition,
  input: Json,
  now: number,
): RunRecord {
  return {
    ...before,
    runId: newRunId(),
    status: 'pending',
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    completedAt: null,
    input,
    result: null,
    error: null,
    // It stays with the first run of the chain, where whoever asks again finds it.
    idempotencyKey: null,
    recoveryAttempts: 0,
    continuedFromRunId: before.runId,
    continuedToRunId: null,
    forkedFromRunId: null,
    codeVersion: definition.version ?? executor.settings.codeVersion,
    progress: null,
  };
}

/** The first event of a run. */
export function startedData(run: RunRecord): EventData['workflow.started'] {
  const data: { -readonly [K in keyof EventData['workflow.started']]: unknown } = {
    workflow_name: run.workflowName,
    input: run.input,
    metadata: run.metadata as Json,
    secret: newSecret(),
  };
  if (run.parentRunId !== null) data.parent_run_id = run.parentRunId;
  if (run.continuedFromRunId !== null) data.continued_from_run_id = run.continuedFromRunId;
  if (run.forkedFromRunId !== null) data.forked_from_run_id = run.forkedFromRunId;
  if (run.scheduleId !== null) data.schedule_id = run.scheduleId;
  if (run.scheduledAt !== null) data.scheduled_time = isoTime(run.scheduledAt);
  if (run.codeVersion !== null) data.code_version = run.codeVersion;
  return data as EventData['workflow.started'];
}

/** A run that any worker may take, `workerId`'s first. */
export function createReadyRun(
  run: RunRecord,
  workerId: string | null,
  gates?: readonly Gate[],
): CreateRun {
  return {
    op: 'create',
    run,
    events: [newEvent('workflow.started', run.createdAt, startedData(run))],
    timers: [],
    hooks: [],
    workerId,
    attention: 'ready',
    gates,
  };
}
