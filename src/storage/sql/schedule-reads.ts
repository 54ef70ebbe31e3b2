import type { ScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import type { Page, ScheduleFilter } from '../store.ts';
import { cursorId, pageOf } from './pages.ts';
import { one } from './reads.ts';
import { SCHEDULE_FIELDS, toSchedule, toScheduleEvent } from './schedule-rows.ts';
import { type Parameter, type Send, statement } from './server.ts';

export async function getSchedule(send: Send, scheduleId: string): Promise<ScheduleRecord | null> {
  const find = `SELECT ${SCHEDULE_FIELDS} FROM @schedules WHERE schedule_id = ?`;
  const [row] = await one(send, statement(find, scheduleId));
  return row === undefined ? null : toSchedule(row as never);
}

export async function listSchedules(
  send: Send,
  filter: ScheduleFilter,
): Promise<Page<ScheduleRecord>> {
  const where: string[] = [];
  const values: Parameter[] = [];
  const add = (condition: string, value: Parameter) => {
    where.push(condition);
    values.push(value);
  };
  if (filter.cursor !== undefined) add('id < ?', cursorId(filter.cursor));
  if (filter.workflowName !== undefined) add('workflow = ?', filter.workflowName);
  if (filter.status !== undefined) add('status = ?', filter.status);
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const find = `SELECT id, ${SCHEDULE_FIELDS} FROM @schedules ${condition} ORDER BY id DESC LIMIT ?`;
  const rows = await one(send, statement(find, ...values, filter.limit + 1));
  return pageOf(rows as never, filter.limit, toSchedule as never);
}

export async function dueSchedules(
  send: Send,
  now: number,
  limit: number,
): Promise<ScheduleRecord[]> {
  const find = `SELECT ${SCHEDULE_FIELDS} FROM @schedules
    WHERE status = 'active' AND next_run_at <= ? ORDER BY next_run_at, id LIMIT ?`;
  return (await one(send, statement(find, now, limit))).map((row) => toSchedule(row as never));
}

export async function nextScheduleAt(send: Send, after: number): Promise<number | null> {
  const find = `SELECT min(next_run_at) AS next_at FROM @schedules
    WHERE status = 'active' AND next_run_at > ?`;
  const [row] = await one(send, statement(find, after));
  return row?.next_at ?? null;
}

export async function readScheduleEvents(
  send: Send,
  scheduleId: string,
  {
    after = 0,
    limit = Number.MAX_SAFE_INTEGER,
  }: { readonly after?: number; readonly limit?: number },
): Promise<ScheduleEvent[]> {
  const find = `SELECT sequence, type, recorded_at, data FROM @schedule_log
    WHERE schedule_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`;
  const rows = await one(send, statement(find, scheduleId, after, limit));
  return rows.map((row) => toScheduleEvent(row as never));
}
