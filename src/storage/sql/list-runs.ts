import type { Json } from '../../core/json.ts';
import type { RunSummary } from '../../core/run.ts';
import { eventsFromText } from '../event-text.ts';
import { isFound, passes } from '../run-filter.ts';
import type { Page, RunFilter } from '../store.ts';
import { cursorId, pageOf } from './pages.ts';
import { one } from './reads.ts';
import { RUN_FIELDS, type RunRow, toSummary } from './rows.ts';
import { type Dialect, type Parameter, type Send, statement } from './server.ts';

interface Listed extends RunRow {
  readonly id: number;
  readonly first_events?: string | null;
}

/**
 * Newest first; the cursor is the row number of the last one, which nothing changes. Tags and inputs
 * are texts to the server: it finds what may fit, and what does not is sorted out here.
 */
export async function listRuns(
  send: Send,
  dialect: Dialect,
  filter: RunFilter,
): Promise<Page<RunSummary>> {
  const { limit } = filter;
  const found: Listed[] = [];
  let below = filter.cursor === undefined ? null : cursorId(filter.cursor);
  for (;;) {
    const asked = limit + 1 - found.length;
    const { text, values } = query(dialect, filter, below, asked);
    const rows = (await one(send, statement(text, ...values))) as unknown as Listed[];
    found.push(...rows.filter((row) => fits(row, filter)));
    const last = rows.at(-1);
    if (found.length > limit || rows.length < asked || last === undefined) {
      return pageOf(found, limit, toSummary);
    }
    below = last.id;
  }
}

function query(dialect: Dialect, filter: RunFilter, below: number | null, limit: number) {
  const where: string[] = [];
  const values: Parameter[] = [];
  const add = (condition: string, ...given: Parameter[]) => {
    where.push(condition);
    values.push(...given);
  };
  if (below !== null) add('r.id < ?', below);
  if (filter.statuses !== undefined) add(dialect.among('r.status'), filter.statuses);
  if (filter.workflowName !== undefined) add('r.workflow = ?', filter.workflowName);
  if (filter.tag !== undefined) add(dialect.contains('r.tags'), JSON.stringify(filter.tag));
  if (filter.parentRunId !== undefined) add('r.parent_run_id = ?', filter.parentRunId);
  if (filter.scheduleId !== undefined) add('r.schedule_id = ?', filter.scheduleId);
  if (filter.since !== undefined) add('r.created_at >= ?', filter.since);
  if (filter.until !== undefined) add('r.created_at < ?', filter.until);
  let fields = `r.id, ${RUN_FIELDS}`;
  if (filter.query !== undefined) {
    const first = 'SELECT h.events FROM @history h WHERE h.run = r.id AND h.sequence = 1';
    fields += `, (${first}) AS first_events`;
    const parts = ['r.run_id', 'r.workflow', `(${first})`].map(dialect.contains);
    add(`(${parts.join(' OR ')})`, filter.query, filter.query, filter.query);
  }
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  return {
    text: `SELECT ${fields} FROM @runs r ${condition} ORDER BY r.id DESC LIMIT ?`,
    values: [...values, limit],
  };
}

function fits(row: Listed, filter: RunFilter): boolean {
  const run = toSummary(row);
  const { query } = filter;
  return passes(run, filter) && (query === undefined || isFound(run, inputOf(row), query));
}

function inputOf({ first_events }: Listed): Json {
  const [started] = first_events == null ? [] : eventsFromText(first_events, 1);
  return started?.type === 'workflow.started' ? started.data.input : '';
}
