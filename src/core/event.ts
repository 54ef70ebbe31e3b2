import type { EncodedError } from './error-codec.ts';
import type { Json } from './json.ts';

/**
 * The data fields of every event, by type. Field names are the ones users see in
 * `runs logs --output json`, therefore snake_case. Times are RFC 3339 strings, UTC.
 */
export interface EventData {
  'workflow.started': {
    readonly workflow_name: string;
    readonly input: Json;
    readonly metadata: Json;
    /** 32 hex digits; hook tokens are derived from it, so it never leaves the store. */
    readonly secret?: string;
    readonly parent_run_id?: string;
    readonly continued_from_run_id?: string;
    readonly forked_from_run_id?: string;
    /** Of a fork: whose random numbers its code draws, in order of `through`. As secret as `secret`. */
    readonly draws_from?: readonly DrawsFrom[];
    readonly schedule_id?: string;
    readonly scheduled_time?: string;
    readonly code_version?: string;
  };
  'workflow.completed': { readonly workflow_name: string; readonly result: Json };
  'workflow.failed': { readonly error: EncodedError; readonly error_type: string };
  'workflow.interrupted': {
    readonly reason: 'worker_lost' | 'non_determinism' | 'stuck' | 'unknown_workflow';
    readonly worker_id: string | null;
    readonly last_event_sequence: number;
    readonly error: string | null;
    readonly recovery_attempt: number;
    readonly recoverable: boolean;
    readonly details?: Json;
  };
  'workflow.resumed': { readonly requested_by: string };
  'workflow.cancelled': {
    readonly reason: string | null;
    readonly cleanup_completed: boolean;
    readonly cancelled_at: string;
  };
  'workflow.continued_as_new': {
    readonly new_run_id: string;
    readonly input: Json;
    readonly reason: string | null;
    readonly continued_at: string;
  };
  'step.started': {
    readonly step_id: string;
    readonly step_name: string;
    readonly args: Json;
    readonly attempt: number;
  };
  'step.completed': {
    readonly step_id: string;
    readonly step_name: string;
    readonly result: Json;
    readonly attempt: number;
  };
  'step.failed': {
    readonly step_id: string;
    readonly step_name: string;
    readonly error: EncodedError;
    readonly error_type: string;
    readonly is_retryable: boolean;
    readonly attempt: number;
  };
  'step.retrying': {
    readonly step_id: string;
    /** The attempt that will run at `resume_at`. */
    readonly attempt: number;
    /** Delay in seconds. */
    readonly retry_after: number;
    readonly resume_at: string;
    readonly error: string;
    readonly retry_strategy: string;
    readonly max_retries: number;
  };
  /** An attempt waits for its turn under the step's rate limit. */
  'step.delayed': {
    readonly step_id: string;
    readonly attempt: number;
    readonly resume_at: string;
    readonly reason: 'rate_limit';
  };
  'step.cancelled': {
    readonly step_id: string;
    readonly step_name: string;
    readonly reason: string | null;
    readonly cancelled_at: string;
  };
  'sleep.started': {
    readonly sleep_id: string;
    readonly duration_seconds: number;
    readonly resume_at: string;
    readonly name: string | null;
  };
  'sleep.completed': { readonly sleep_id: string };
  'hook.created': {
    readonly hook_id: string;
    readonly name: string;
    readonly token: string;
    readonly url: string;
    readonly expires_at: string | null;
  };
  'hook.received': { readonly hook_id: string; readonly payload: Json };
  'hook.expired': { readonly hook_id: string; readonly expired_at: string };
  'hook.disposed': { readonly hook_id: string };
  'cancellation.requested': {
    readonly reason: string | null;
    readonly requested_by: string;
    readonly requested_at: string;
  };
  'child_workflow.started': {
    readonly child_id: string;
    readonly child_run_id: string;
    readonly child_workflow_name: string;
    readonly input: Json;
    readonly wait_for_completion: boolean;
    readonly parent_close_policy: ParentClosePolicy;
    readonly started_at: string;
  };
  'child_workflow.completed': {
    readonly child_id: string;
    /** The last run of the child's chain, if it has continued as new. */
    readonly child_run_id: string;
    readonly result: Json;
    readonly completed_at: string;
  };
  'child_workflow.failed': {
    readonly child_id: string;
    readonly child_run_id: string;
    readonly error: EncodedError;
    readonly error_type: string;
    readonly failed_at: string;
  };
  'child_workflow.cancelled': {
    readonly child_id: string;
    readonly child_run_id: string;
    readonly reason: string | null;
    readonly cancelled_at: string;
  };
  /** The child was asked to stop; how it ends is told by its own event. */
  'child_workflow.cancel_requested': {
    readonly child_id: string;
    readonly child_run_id: string;
    readonly reason: string | null;
    readonly requested_by: 'workflow' | 'parent_cancelled' | 'parent_closed';
    readonly requested_at: string;
  };
  /** The code has taken the new way at a `patched` call. */
  'patch.applied': { readonly patch_id: string };
  /** A saga has begun to undo what its steps have done. */
  'compensation.started': {
    readonly compensation_id: string;
    readonly name: string | null;
    readonly error: string;
    /** How many undos will run. */
    readonly undos: number;
  };
  'compensation.completed': {
    readonly compensation_id: string;
    /** Undos that gave up. */
    readonly failed: number;
  };
  /** A log line that its author wanted in the history. */
  'log.recorded': {
    readonly level: string;
    readonly message: string;
    readonly fields: Json;
    readonly step_id: string | null;
  };
}

/** Up to and including the answer to the event `through`, code draws what that run has drawn. */
export type DrawsFrom = {
  readonly run_id: string;
  readonly secret: string;
  readonly through: number;
};

/** What happens to a child when its parent ends: stop at once, be asked to stop, or go on alone. */
export type ParentClosePolicy = 'terminate' | 'request_cancel' | 'abandon';

export type EventType = keyof EventData;

/** An event on its way into the history: its data is fixed as text the moment it is recorded. */
export interface NewEvent {
  readonly type: EventType;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** JSON text of the data fields. */
  readonly data: string;
}

/** Fixes an event's data, so that nobody can change it between now and the flush. */
export function newEvent<T extends EventType>(
  type: T,
  timestamp: number,
  data: EventData[T],
): NewEvent {
  return { type, timestamp, data: JSON.stringify(data) };
}

/**
 * The same for the two events that most of every history consists of, at a fraction of the cost:
 * ids and names of steps hold nothing that JSON would escape.
 */
export function newStepEvent(
  type: 'step.started' | 'step.completed',
  timestamp: number,
  step: { readonly id: string; readonly name: string; readonly attempt: number },
  payload: Json,
): NewEvent {
  const key = type === 'step.started' ? 'args' : 'result';
  const data = `{"step_id":"${step.id}","step_name":"${step.name}","${key}":${JSON.stringify(payload)},"attempt":${step.attempt}}`;
  return { type, timestamp, data };
}

/** A recorded fact. Sequences start at 1 and have no gaps within a run. */
export type WorkflowEvent = {
  [T in EventType]: {
    readonly type: T;
    /** Milliseconds since the epoch. */
    readonly timestamp: number;
    readonly sequence: number;
    readonly data: EventData[T];
  };
}[EventType];

export type EventOf<T extends EventType> = Extract<WorkflowEvent, { type: T }>;
