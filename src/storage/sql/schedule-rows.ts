import type { ScheduleEvent, ScheduleEventType, ScheduleRecord } from '../../core/schedule.ts';
import { textOrNull } from './rows.ts';

/** Of a schedule's row, besides its number. */
export const SCHEDULE_FIELDS = `schedule_id, workflow, spec, input, status, overlap_policy,
  catch_up_policy, catch_up_window, metadata, tags, definition, created_at, updated_at, paused_at,
  deleted_at, decided_through, next_run_at, last_run_at, last_run_id, version, total, successful,
  failed, cancelled, skipped`;

export interface ScheduleRow {
  readonly schedule_id: string;
  readonly workflow: string;
  readonly spec: string;
  readonly input: string;
  readonly status: ScheduleRecord['status'];
  readonly overlap_policy: ScheduleRecord['overlapPolicy'];
  readonly catch_up_policy: ScheduleRecord['catchUpPolicy'];
  readonly catch_up_window: number | null;
  readonly metadata: string | null;
  readonly tags: string | null;
  readonly definition: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly paused_at: number | null;
  readonly deleted_at: number | null;
  readonly decided_through: number;
  readonly next_run_at: number | null;
  readonly last_run_at: number | null;
  readonly last_run_id: string | null;
  readonly version: number;
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
}

export function toSchedule(row: ScheduleRow): ScheduleRecord {
  const { total, successful, failed, cancelled, skipped } = row;
  return {
    scheduleId: row.schedule_id,
    workflowName: row.workflow,
    spec: JSON.parse(row.spec),
    input: JSON.parse(row.input),
    status: row.status,
    overlapPolicy: row.overlap_policy,
    catchUpPolicy: row.catch_up_policy,
    catchUpWindow: row.catch_up_window,
    metadata: row.metadata === null ? {} : JSON.parse(row.metadata),
    tags: row.tags === null ? [] : JSON.parse(row.tags),
    definition: row.definition,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    pausedAt: row.paused_at,
    deletedAt: row.deleted_at,
    decidedThrough: row.decided_through,
    nextRunAt: row.next_run_at,
    lastRunAt: row.last_run_at,
    lastRunId: row.last_run_id,
    version: row.version,
    statistics: { total, successful, failed, cancelled, skipped },
  };
}

/** What a write sets, as named parameters. */
export function scheduleValues(schedule: ScheduleRecord): Readonly<Record<string, unknown>> {
  return {
    id: schedule.scheduleId,
    workflow: schedule.workflowName,
    spec: JSON.stringify(schedule.spec),
    input: JSON.stringify(schedule.input),
    status: schedule.status,
    overlap: schedule.overlapPolicy,
    catchUp: schedule.catchUpPolicy,
    window: schedule.catchUpWindow,
    metadata: textOrNull(schedule.metadata, '{}'),
    tags: textOrNull(schedule.tags, '[]'),
    definition: schedule.definition,
    createdAt: schedule.createdAt,
    updatedAt: schedule.updatedAt,
    pausedAt: schedule.pausedAt,
    deletedAt: schedule.deletedAt,
    decidedThrough: schedule.decidedThrough,
    nextRunAt: schedule.nextRunAt,
    lastRunAt: schedule.lastRunAt,
    lastRunId: schedule.lastRunId,
  };
}

export interface ScheduleLogRow {
  readonly sequence: number;
  readonly type: ScheduleEventType;
  readonly recorded_at: number;
  readonly data: string;
}

export function toScheduleEvent({
  sequence,
  type,
  recorded_at,
  data,
}: ScheduleLogRow): ScheduleEvent {
  return { sequence, type, timestamp: recorded_at, data: JSON.parse(data) } as ScheduleEvent;
}
