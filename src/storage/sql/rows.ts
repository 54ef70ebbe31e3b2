import type { WorkflowEvent } from '../../core/event.ts';
import type { HookRecord, HookStatus } from '../../core/hook.ts';
import type { Json } from '../../core/json.ts';
import type { RunRecord, RunStatus, RunSummary } from '../../core/run.ts';
import { fromKeyText } from '../key-text.ts';
import type { WorkerRecord } from '../store.ts';

/** Of a run's row, besides its number. */
export const RUN_FIELDS = `run_id, workflow, status, created_at, updated_at, started_at, completed_at,
  error, idempotency_key, max_duration, metadata, tags, recovery_attempts, max_recovery_attempts,
  recover, parent_run_id, child_id, nesting_depth, continued_from, continued_to, forked_from,
  schedule_id, scheduled_at, code_version, progress`;

export interface RunRow {
  readonly run_id: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly created_at: number;
  readonly updated_at: number;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly error: string | null;
  readonly idempotency_key: string | null;
  readonly max_duration: number | null;
  readonly metadata: string | null;
  readonly tags: string | null;
  readonly recovery_attempts: number;
  readonly max_recovery_attempts: number;
  readonly recover: number;
  readonly parent_run_id: string | null;
  readonly child_id: string | null;
  readonly nesting_depth: number;
  readonly continued_from: string | null;
  readonly continued_to: string | null;
  readonly forked_from: string | null;
  readonly schedule_id: string | null;
  readonly scheduled_at: number | null;
  readonly code_version: string | null;
  readonly progress: string | null;
}

export function toSummary(row: RunRow): RunSummary {
  return {
    runId: row.run_id,
    workflowName: row.workflow,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    error: row.error === null ? null : JSON.parse(row.error),
    idempotencyKey: row.idempotency_key === null ? null : fromKeyText(row.idempotency_key),
    maxDuration: row.max_duration,
    metadata: row.metadata === null ? {} : JSON.parse(row.metadata),
    tags: row.tags === null ? [] : JSON.parse(row.tags),
    recoveryAttempts: row.recovery_attempts,
    maxRecoveryAttempts: row.max_recovery_attempts,
    recoverOnWorkerLoss: row.recover === 1,
    parentRunId: row.parent_run_id,
    childId: row.child_id,
    nestingDepth: row.nesting_depth,
    continuedFromRunId: row.continued_from,
    continuedToRunId: row.continued_to,
    forkedFromRunId: row.forked_from,
    scheduleId: row.schedule_id,
    scheduledAt: row.scheduled_at,
    codeVersion: row.code_version,
    progress: row.progress === null ? null : JSON.parse(row.progress),
  };
}

/** The JSON text of a value, or null for the usual one. */
export function textOrNull(value: unknown, usual: string): string | null {
  const text = JSON.stringify(value);
  return text === usual ? null : text;
}

/** Adds the payloads, which live in the first and the last events of the history. */
export function toRecord(
  row: RunRow,
  first: readonly WorkflowEvent[],
  last: readonly WorkflowEvent[],
): RunRecord {
  let input: Json = null;
  let result: Json | null = null;
  for (const event of first) if (event.type === 'workflow.started') input = event.data.input;
  for (const event of last) if (event.type === 'workflow.completed') result = event.data.result;
  return { ...toSummary(row), input, result };
}

/** Of a hook's row `h` and its run's `r`, besides its number. */
export const HOOK_FIELDS = `r.run_id, h.hook_id, h.name, h.token, h.status, h.created_at,
  h.received_at, h.expires_at, h.payload, h.payload_schema`;

export interface HookRow {
  readonly run_id: string;
  readonly hook_id: string;
  readonly name: string;
  readonly token: string;
  readonly status: HookStatus;
  readonly created_at: number;
  readonly received_at: number | null;
  readonly expires_at: number | null;
  readonly payload: string | null;
  readonly payload_schema: string | null;
}

export function toHook(row: HookRow): HookRecord {
  return {
    hookId: row.hook_id,
    runId: row.run_id,
    name: row.name,
    token: row.token,
    status: row.status,
    createdAt: row.created_at,
    receivedAt: row.received_at,
    expiresAt: row.expires_at,
    payload: row.payload === null ? null : JSON.parse(row.payload),
    payloadSchema: row.payload_schema === null ? null : JSON.parse(row.payload_schema),
  };
}

export interface WorkerRow {
  readonly worker_id: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly process_key: string | null;
  readonly started_at: number;
  readonly expires_at: number;
}

export function toWorker(row: WorkerRow): WorkerRecord {
  return {
    workerId: row.worker_id,
    name: row.name,
    host: row.host,
    pid: row.pid,
    processKey: row.process_key,
    startedAt: row.started_at,
    expiresAt: row.expires_at,
  };
}
