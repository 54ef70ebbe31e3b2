import type { RunSummary } from '../../core/run.ts';
import type { Page, RunFilter } from '../store.ts';
import { portions, type Search, search } from './candidates.ts';
import type { Connection } from './connection.ts';
import type { RunDoc } from './docs.ts';
import { keyName, shardsOf } from './keys.ts';
import { beforeCursor, EMPTY, numberIn, pageOf } from './pages.ts';
import { inputOf, loadRuns, summaryOf } from './read-run.ts';
import { textOf } from './wire.ts';

interface Listed {
  readonly pk: string;
  readonly n: number;
  readonly doc: RunDoc;
}

/** Newest first; the cursor is the number of the last one, which nothing changes. */
export async function listRuns(
  connection: Connection,
  filter: RunFilter,
): Promise<Page<RunSummary>> {
  const before = numberIn(filter.cursor);
  if (before === null || filter.statuses?.length === 0) return EMPTY;
  const page = await pageOf(listed(connection, filter, before), filter.limit, (run) =>
    isMatch(connection, run, filter),
  );
  const items = page.items.map(({ pk, doc }) => summaryOf(connection, pk, doc));
  return { ...page, items: await Promise.all(items) };
}

/** An index says who may match; the root of each says whether it does. */
async function* listed(
  connection: Connection,
  filter: RunFilter,
  before: number,
): AsyncGenerator<Listed> {
  const { limit } = filter;
  const where = beforeCursor(before);
  const page = Math.min(100, limit + 1);
  const found = search(connection, { ...indexFor(filter), by: 'n', where, descending: true, page });
  for await (const portion of portions(found, () => page)) {
    const numbers = new Map(portion.map(({ pk, at }) => [pk, at]));
    for (const { pk, doc } of await loadRuns(connection, [...numbers.keys()])) {
      if (numbers.get(pk) === doc.n) yield { pk, n: doc.n, doc };
    }
  }
}

/** The narrowest there is. */
function indexFor(filter: RunFilter): Pick<Search, 'index' | 'hashes'> {
  const { parentRunId, scheduleId, workflowName, statuses } = filter;
  if (parentRunId !== undefined) return { index: 'parents', hashes: [keyName(parentRunId)] };
  if (scheduleId !== undefined) return { index: 'schedules', hashes: [keyName(scheduleId)] };
  if (workflowName !== undefined) return { index: 'workflows', hashes: [keyName(workflowName)] };
  if (statuses !== undefined) return { index: 'statuses', hashes: [...new Set(statuses)] };
  return { index: 'listing', hashes: shardsOf('run') };
}

async function isMatch(
  connection: Connection,
  { pk, doc }: Listed,
  filter: RunFilter,
): Promise<boolean> {
  const { run } = doc;
  return (
    (filter.statuses === undefined || filter.statuses.includes(run.status)) &&
    (filter.workflowName === undefined || filter.workflowName === run.workflowName) &&
    (filter.tag === undefined || run.tags.includes(filter.tag)) &&
    (filter.parentRunId === undefined || filter.parentRunId === run.parentRunId) &&
    (filter.scheduleId === undefined || filter.scheduleId === run.scheduleId) &&
    (filter.since === undefined || run.createdAt >= filter.since) &&
    (filter.until === undefined || run.createdAt < filter.until) &&
    (filter.query === undefined || (await isFound(connection, pk, doc, foldCase(filter.query))))
  );
}

async function isFound(
  connection: Connection,
  pk: string,
  doc: RunDoc,
  text: string,
): Promise<boolean> {
  const { runId, workflowName } = doc.run;
  if ([runId, workflowName].some((part) => foldCase(part).includes(text))) return true;
  return foldCase(JSON.stringify(await inputOf(connection, pk, doc))).includes(text);
}

/** Of the letters A to Z only, as in SQL. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The newest run's id for 'latest', else the ids with that prefix, in order. */
export async function findRunIds(
  connection: Connection,
  prefix: string,
  limit: number,
): Promise<string[]> {
  if (prefix === 'latest') {
    const { items } = await listRuns(connection, { limit: 1 });
    return items.map((run) => run.runId);
  }
  const hashes = shardsOf('run');
  const found = await Promise.all(hashes.map((hash) => idsIn(connection, hash, prefix, limit)));
  return found.flat().sort().slice(0, limit);
}

async function idsIn(
  connection: Connection,
  hash: string,
  prefix: string,
  limit: number,
): Promise<string[]> {
  const where = { text: 'begins_with(#k, :prefix)', values: { ':prefix': prefix } };
  const range = { index: 'ids' as const, hash, limit: Math.min(100, limit) };
  const ids: string[] = [];
  for await (const page of connection.shared.wire.query(
    prefix === '' ? range : { ...range, where },
  )) {
    const runs = await loadRuns(
      connection,
      page.map((item) => textOf(item, 'pk')),
    );
    ids.push(...runs.map(({ doc }) => doc.run.runId).filter((id) => id.startsWith(prefix)));
    if (ids.length >= limit) break;
  }
  return ids;
}
