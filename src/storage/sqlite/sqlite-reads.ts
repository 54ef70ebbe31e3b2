import type { WorkflowEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { RunRecord, RunSummary } from '../../core/run.ts';
import { eventsFromText } from '../event-text.ts';
import { toKeyText } from '../key-text.ts';
import { type HookRow, type RunRow, toHook, toRecord, toSummary } from '../sql/rows.ts';
import type { HookFilter, Page, ReadEvents, RunFilter } from '../store.ts';
import { cursorKey, pageOf } from './pages.ts';
import { HOOK_COLUMNS, type Keyed, RUN_COLUMNS } from './rows.ts';
import type { Prepare } from './statements.ts';

interface HistoryRow {
  readonly sequence: number;
  readonly count: number;
  readonly events: string;
}

export function getRun(sql: Prepare, runId: string): RunRecord | null {
  const row = sql<Keyed<RunRow>>(`SELECT ${RUN_COLUMNS} FROM runs WHERE run_id = ?`).get(runId);
  return row === undefined ? null : recordOf(sql, row);
}

export function getRunByKey(sql: Prepare, workflow: string, key: string): RunRecord | null {
  const row = sql<Keyed<RunRow>>(
    `SELECT ${RUN_COLUMNS} FROM runs WHERE workflow = ? AND idempotency_key = ?`,
  ).get(workflow, toKeyText(key));
  return row === undefined ? null : recordOf(sql, row);
}

function recordOf(sql: Prepare, row: Keyed<RunRow>): RunRecord {
  const one = (order: 'ASC' | 'DESC') =>
    sql<HistoryRow>(
      `SELECT sequence, count, events FROM history WHERE run = ? ORDER BY sequence ${order} LIMIT 1`,
    )
      .all(row.key)
      .flatMap((found) => eventsFromText(found.events, found.sequence));
  return toRecord(row, one('ASC'), row.status === 'completed' ? one('DESC') : []);
}

/** The newest run's id for 'latest', else the ids with that prefix. */
export function findRunIds(sql: Prepare, prefix: string, limit: number): string[] {
  if (prefix === 'latest') {
    return sql<{ run_id: string }>('SELECT run_id FROM runs ORDER BY key DESC LIMIT 1')
      .all()
      .map((row) => row.run_id);
  }
  // A range, not LIKE: it uses the index and knows no wildcards.
  return sql<{ run_id: string }>(
    'SELECT run_id FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT ?',
  )
    .all(prefix, `${prefix}\u{10ffff}`, limit)
    .map((row) => row.run_id);
}

export function readEvents(sql: Prepare, runId: string, options: ReadEvents): WorkflowEvent[] {
  const after = options.after ?? 0;
  const limit = options.limit ?? Number.MAX_SAFE_INTEGER;
  const rows = sql<HistoryRow>(
    `SELECT h.sequence, h.count, h.events FROM history h JOIN runs r ON r.key = h.run
     WHERE r.run_id = ?1 AND h.sequence >= coalesce(
       (SELECT max(sequence) FROM history WHERE run = r.key AND sequence <= ?2), 0)
     ORDER BY h.sequence`,
  ).iterate({ 1: runId, 2: after + 1 });
  const types = options.types === undefined ? null : new Set(options.types);
  const events: WorkflowEvent[] = [];
  for (const row of rows) {
    for (const event of eventsFromText(row.events, row.sequence)) {
      if (event.sequence <= after || (types !== null && !types.has(event.type))) continue;
      events.push(event);
    }
    if (events.length >= limit) break;
  }
  return events.length > limit ? events.slice(0, limit) : events;
}

/** Newest first; the cursor is the row number of the last one, which nothing changes. */
export function listRuns(sql: Prepare, filter: RunFilter): Page<RunSummary> {
  const where: string[] = [];
  const values: unknown[] = [];
  const add = (condition: string, ...given: unknown[]) => {
    where.push(condition);
    values.push(...given);
  };
  if (filter.cursor !== undefined) add('key < ?', cursorKey(filter.cursor));
  if (filter.statuses !== undefined)
    add('status IN (SELECT value FROM json_each(?))', JSON.stringify(filter.statuses));
  if (filter.workflowName !== undefined) add('workflow = ?', filter.workflowName);
  if (filter.tag !== undefined)
    add('EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)', filter.tag);
  if (filter.parentRunId !== undefined) add('parent_run_id = ?', filter.parentRunId);
  if (filter.scheduleId !== undefined) add('schedule_id = ?', filter.scheduleId);
  if (filter.since !== undefined) add('created_at >= ?', filter.since);
  if (filter.until !== undefined) add('created_at < ?', filter.until);
  if (filter.query !== undefined) {
    // Not LIKE: it has wildcards, a limited length, and ends at U+0000.
    add(
      `(instr(lower(run_id), lower(?)) OR instr(lower(workflow), lower(?)) OR EXISTS (
         SELECT 1 FROM history WHERE run = runs.key AND sequence = 1
           AND instr(lower(events -> '$[0][2].input'), lower(?))))`,
      filter.query,
      filter.query,
      filter.query,
    );
  }
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const rows = sql<Keyed<RunRow>>(
    `SELECT ${RUN_COLUMNS} FROM runs ${condition} ORDER BY key DESC LIMIT ?`,
  ).all(...values, filter.limit + 1);
  return pageOf(rows, filter.limit, toSummary);
}

export function getHook(sql: Prepare, runId: string, hookId: string): HookRecord | null {
  const row = sql<Keyed<HookRow>>(
    `SELECT ${HOOK_COLUMNS} FROM hooks h JOIN runs r ON r.key = h.run WHERE r.run_id = ? AND h.hook_id = ?`,
  ).get(runId, hookId);
  return row === undefined ? null : toHook(row);
}

export function listHooks(sql: Prepare, filter: HookFilter): Page<HookRecord> {
  const where: string[] = [];
  const values: unknown[] = [];
  if (filter.cursor !== undefined) {
    where.push('h.key < ?');
    values.push(cursorKey(filter.cursor));
  }
  if (filter.runId !== undefined) {
    where.push('r.run_id = ?');
    values.push(filter.runId);
  }
  if (filter.status !== undefined) {
    where.push('h.status = ?');
    values.push(filter.status);
  }
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const rows = sql<Keyed<HookRow>>(
    `SELECT ${HOOK_COLUMNS} FROM hooks h JOIN runs r ON r.key = h.run ${condition} ORDER BY h.key DESC LIMIT ?`,
  ).all(...values, filter.limit + 1);
  return pageOf(rows, filter.limit, toHook);
}
