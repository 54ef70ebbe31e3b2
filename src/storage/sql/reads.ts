import type { WorkflowEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { RunRecord } from '../../core/run.ts';
import { eventsFromText } from '../event-text.ts';
import type { HookFilter, Page, ReadEvents } from '../store.ts';
import { keyIndex } from './key-index.ts';
import { cursorId, pageOf } from './pages.ts';
import { HOOK_FIELDS, RUN_FIELDS, type RunRow, toHook, toRecord } from './rows.ts';
import { type Parameter, type Rows, type Send, type Statement, statement } from './server.ts';

const RECORD = `SELECT ${RUN_FIELDS},
    (SELECT h.events FROM @history h WHERE h.run = r.id ORDER BY h.sequence LIMIT 1) AS first_events,
    CASE WHEN status = 'completed' THEN (SELECT h.events FROM @history h WHERE h.run = r.id
      ORDER BY h.sequence DESC LIMIT 1) END AS last_events
  FROM @runs r`;

export async function getRun(send: Send, runId: string): Promise<RunRecord | null> {
  return recordOf(await one(send, statement(`${RECORD} WHERE run_id = ?`, runId)));
}

export async function getRunByKey(
  send: Send,
  workflow: string,
  key: string,
): Promise<RunRecord | null> {
  const find = statement(`${RECORD} WHERE key_index = ?`, keyIndex(workflow, key));
  return recordOf(await one(send, find));
}

function recordOf([found]: Rows): RunRecord | null {
  if (found === undefined) return null;
  const row = found as RunRow & {
    readonly first_events: string | null;
    readonly last_events: string | null;
  };
  // The sequences do not matter here.
  const events = (text: string | null) => (text === null ? [] : eventsFromText(text, 1));
  return toRecord(row, events(row.first_events), events(row.last_events));
}

/** The newest run's id for 'latest', else the ids with that prefix. */
export async function findRunIds(send: Send, prefix: string, limit: number): Promise<string[]> {
  // A range, not LIKE: it uses the index and knows no wildcards.
  const find =
    prefix === 'latest'
      ? statement('SELECT run_id FROM @runs ORDER BY id DESC LIMIT 1')
      : statement(
          'SELECT run_id FROM @runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT ?',
          prefix,
          `${prefix}\u{10ffff}`,
          limit,
        );
  return (await one(send, find)).map((row) => row.run_id);
}

export async function readEvents(
  send: Send,
  runId: string,
  { after = 0, limit = Number.MAX_SAFE_INTEGER, types }: ReadEvents,
): Promise<WorkflowEvent[]> {
  const wanted = types === undefined ? null : new Set(types);
  const events: WorkflowEvent[] = [];
  // In portions, if most of it may not be wanted.
  const portion = wanted === null && limit < PORTION ? Math.max(limit, 1) : PORTION;
  for (let from = after + 1; ; ) {
    const rows = await one(send, historyFrom(runId, from, portion));
    for (const row of rows) {
      for (const event of eventsFromText(row.events, row.sequence)) {
        if (event.sequence <= after || (wanted !== null && !wanted.has(event.type))) continue;
        events.push(event);
      }
    }
    const last = rows.at(-1);
    if (events.length >= limit) return events.slice(0, limit);
    if (last === undefined || rows.length < portion) return events;
    from = last.sequence + last.count;
  }
}

const PORTION = 2000;

/** The row that holds the event of this sequence, and those after it. */
function historyFrom(runId: string, from: number, limit: number): Statement {
  return statement(
    `SELECT h.sequence, h.count, h.events FROM @runs r JOIN @history h ON h.run = r.id
     WHERE r.run_id = ? AND h.sequence >= coalesce((SELECT max(p.sequence) FROM @history p
       WHERE p.run = r.id AND p.sequence <= ?), 0) AND h.sequence + h.count > ?
     ORDER BY h.sequence LIMIT ?`,
    runId,
    from,
    from,
    limit,
  );
}

export async function getHook(
  send: Send,
  runId: string,
  hookId: string,
): Promise<HookRecord | null> {
  const [row] = await one(
    send,
    statement(
      `SELECT ${HOOK_FIELDS} FROM @hooks h JOIN @runs r ON r.id = h.run
       WHERE r.run_id = ? AND h.hook_id = ?`,
      runId,
      hookId,
    ),
  );
  return row === undefined ? null : toHook(row as never);
}

export async function listHooks(send: Send, filter: HookFilter): Promise<Page<HookRecord>> {
  const where: string[] = [];
  const values: Parameter[] = [];
  const add = (condition: string, value: Parameter) => {
    where.push(condition);
    values.push(value);
  };
  if (filter.cursor !== undefined) add('h.id < ?', cursorId(filter.cursor));
  if (filter.runId !== undefined) add('r.run_id = ?', filter.runId);
  if (filter.status !== undefined) add('h.status = ?', filter.status);
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const rows = await one(
    send,
    statement(
      `SELECT h.id, ${HOOK_FIELDS} FROM @hooks h JOIN @runs r ON r.id = h.run ${condition}
       ORDER BY h.id DESC LIMIT ?`,
      ...values,
      filter.limit + 1,
    ),
  );
  return pageOf(rows as never, filter.limit, toHook as never);
}

export async function one(send: Send, asked: Statement): Promise<Rows> {
  const [rows = []] = await send([asked]);
  return rows;
}
