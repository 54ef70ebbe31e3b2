import type { ScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import {
  type ScheduleLogRow,
  type ScheduleRow,
  toSchedule,
  toScheduleEvent,
} from '../sql/schedule-rows.ts';
import type { Page, ScheduleFilter } from '../store.ts';
import { cursorKey, pageOf } from './pages.ts';
import { type Keyed, SCHEDULE_COLUMNS } from './rows.ts';
import type { Prepare } from './statements.ts';

export function getSchedule(sql: Prepare, scheduleId: string): ScheduleRecord | null {
  const row = sql<Keyed<ScheduleRow>>(
    `SELECT ${SCHEDULE_COLUMNS} FROM schedules WHERE schedule_id = ?`,
  ).get(scheduleId);
  return row === undefined ? null : toSchedule(row);
}

export function listSchedules(sql: Prepare, filter: ScheduleFilter): Page<ScheduleRecord> {
  const where: string[] = [];
  const values: unknown[] = [];
  const add = (condition: string, value: unknown) => {
    where.push(condition);
    values.push(value);
  };
  if (filter.cursor !== undefined) add('key < ?', cursorKey(filter.cursor));
  if (filter.workflowName !== undefined) add('workflow = ?', filter.workflowName);
  if (filter.status !== undefined) add('status = ?', filter.status);
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const rows = sql<Keyed<ScheduleRow>>(
    `SELECT ${SCHEDULE_COLUMNS} FROM schedules ${condition} ORDER BY key DESC LIMIT ?`,
  ).all(...values, filter.limit + 1);
  return pageOf(rows, filter.limit, toSchedule);
}

export function dueSchedules(sql: Prepare, now: number, limit: number): ScheduleRecord[] {
  return sql<Keyed<ScheduleRow>>(
    `SELECT ${SCHEDULE_COLUMNS} FROM schedules WHERE status = 'active' AND next_run_at <= ?
     ORDER BY next_run_at, key LIMIT ?`,
  )
    .all(now, limit)
    .map(toSchedule);
}

export function nextScheduleAt(sql: Prepare, after: number): number | null {
  const row = sql<{ next: number | null }>(
    `SELECT min(next_run_at) AS next FROM schedules WHERE status = 'active' AND next_run_at > ?`,
  ).get(after);
  return row?.next ?? null;
}

export function readScheduleEvents(
  sql: Prepare,
  scheduleId: string,
  {
    after = 0,
    limit = Number.MAX_SAFE_INTEGER,
  }: { readonly after?: number; readonly limit?: number },
): ScheduleEvent[] {
  return sql<ScheduleLogRow>(
    `SELECT sequence, type, recorded_at, data FROM schedule_log
     WHERE schedule_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
  )
    .all(scheduleId, after, limit)
    .map(toScheduleEvent);
}
