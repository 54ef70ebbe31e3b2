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
}

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
