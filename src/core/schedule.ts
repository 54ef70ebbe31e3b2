import type { Json } from './json.ts';

export const SCHEDULE_STATUSES = ['active', 'paused', 'deleted'] as const;
export type ScheduleStatus = (typeof SCHEDULE_STATUSES)[number];

/**
 * What an occurrence does while an earlier run of its schedule is active: give way, wait (one at
 * most, or all of them in turn), take its place, or run beside it.
 */
export const OVERLAP_POLICIES = [
  'skip',
  'buffer_one',
  'buffer_all',
  'cancel_other',
  'allow_all',
] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** Which of the occurrences that were missed while no scheduler ran are made up for. */
export const CATCH_UP_POLICIES = ['one', 'all', 'none'] as const;
export type CatchUpPolicy = (typeof CATCH_UP_POLICIES)[number];

/** A schedule as the store holds it. Times are milliseconds since the epoch. */
export interface ScheduleRecord {
  readonly scheduleId: string;
  readonly workflowName: string;
  /** As `specToJson` gave it. */
  readonly spec: Json;
  /** Encoded; the same for every occurrence. */
  readonly input: Json;
  readonly status: ScheduleStatus;
  readonly overlapPolicy: OverlapPolicy;
  readonly catchUpPolicy: CatchUpPolicy;
  /** Missed occurrences older than this are not made up for, milliseconds; null for no limit. */
  readonly catchUpWindow: number | null;
  readonly metadata: { readonly [key: string]: Json };
  readonly tags: readonly string[];
  /** Identifies the definition in code it was made from; null for one made by hand. */
  readonly definition: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly pausedAt: number | null;
  readonly deletedAt: number | null;
  /** The occurrence up to which everything has been decided. */
  readonly decidedThrough: number;
  /** When a scheduler must look again: the next occurrence and its jitter; null for never. */
  readonly nextRunAt: number | null;
  readonly lastRunAt: number | null;
  readonly lastRunId: string | null;
  /** Raised by every write: two schedulers never act on the same state. */
  readonly version: number;
  readonly statistics: ScheduleStatistics;
}

/** Runs since the schedule's creation; a chain of continued runs counts once, when it ends. */
export interface ScheduleStatistics {
  /** Started or waiting for their turn. */
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Occurrences that started no run. */
  readonly skipped: number;
}

/** The data fields of every entry of a schedule's log, as users see them. Times are RFC 3339. */
export interface ScheduleEventData {
  'schedule.created': {
    readonly workflow_name: string;
    readonly spec: Json;
    readonly overlap_policy: OverlapPolicy;
    readonly created_at: string;
  };
  'schedule.updated': { readonly changes: Json; readonly updated_at: string };
  'schedule.paused': { readonly reason: string | null; readonly paused_at: string };
  'schedule.resumed': { readonly next_run_time: string | null; readonly resumed_at: string };
  'schedule.deleted': { readonly reason: string | null; readonly deleted_at: string };
  'schedule.triggered': {
    /** Null for a run that was asked for by hand. */
    readonly scheduled_time: string | null;
    readonly actual_time: string;
    readonly workflow_run_id: string;
  };
  /** One or more occurrences in a row that started no run, all for the same reason. */
  'schedule.skipped': {
    readonly reason: string;
    readonly scheduled_time: string;
    /** The last of them. */
    readonly until: string;
    readonly count: number;
    readonly overlap_policy: OverlapPolicy;
    readonly skipped_at: string;
  };
  'schedule.backfill_started': {
    readonly start_time: string;
    readonly end_time: string;
    readonly expected_runs: number;
    readonly started_at: string;
  };
  'schedule.backfill_completed': {
    readonly runs_created: number;
    readonly run_ids: readonly string[];
    readonly completed_at: string;
  };
}

export type ScheduleEventType = keyof ScheduleEventData;

export interface NewScheduleEvent {
  readonly type: ScheduleEventType;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** JSON text of the data fields. */
  readonly data: string;
}

export function newScheduleEvent<T extends ScheduleEventType>(
  type: T,
  timestamp: number,
  data: ScheduleEventData[T],
): NewScheduleEvent {
  return { type, timestamp, data: JSON.stringify(data) };
}

/** Sequences start at 1 and have no gaps within a schedule; old entries are dropped in time. */
export type ScheduleEvent = {
  [T in ScheduleEventType]: {
    readonly type: T;
    readonly timestamp: number;
    readonly sequence: number;
    readonly data: ScheduleEventData[T];
  };
}[ScheduleEventType];
