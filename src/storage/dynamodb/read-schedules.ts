import type { ScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import { LOG_KEPT } from '../schedule-log.ts';
import type { Page, ScheduleFilter } from '../store.ts';
import { type Candidate, portions, recently, search, together } from './candidates.ts';
import type { Connection } from './connection.ts';
import type { ScheduleDoc } from './docs.ts';
import { scheduleKey } from './keys.ts';
import { readLog } from './log.ts';
import { beforeCursor, EMPTY, numberIn, pageOf } from './pages.ts';
import { loadDoc } from './read-run.ts';
import { readRoot, readRoots } from './resolve.ts';

async function load(connection: Connection, scheduleId: string): Promise<ScheduleDoc | null> {
  return loadDoc(connection, await readRoot(connection.shared, scheduleKey(scheduleId), false));
}

export async function getSchedule(
  connection: Connection,
  scheduleId: string,
): Promise<ScheduleRecord | null> {
  return (await load(connection, scheduleId))?.record ?? null;
}

export async function listSchedules(
  connection: Connection,
  { workflowName, status, limit, cursor }: ScheduleFilter,
): Promise<Page<ScheduleRecord>> {
  const before = numberIn(cursor);
  if (before === null) return EMPTY;
  const where = beforeCursor(before);
  const hashes = ['schedule'];
  const found = search(connection, { index: 'listing', hashes, by: 'n', where, descending: true });
  // One that was made anew has another number.
  const listed = docsOf(connection, found, (doc, at) => doc.n === at);
  const page = await pageOf(
    listed,
    limit,
    ({ record }) =>
      (workflowName === undefined || workflowName === record.workflowName) &&
      (status === undefined || status === record.status),
  );
  return { ...page, items: page.items.map(({ record }) => record) };
}

async function* docsOf(
  connection: Connection,
  found: AsyncGenerator<Candidate>,
  isTrue: (doc: ScheduleDoc, at: number) => boolean,
): AsyncGenerator<ScheduleDoc> {
  for await (const portion of portions(found, () => 25)) {
    const roots = await readRoots(
      connection.shared,
      portion.map(({ pk }) => pk),
    );
    const docs = await Promise.all(roots.map((root) => loadDoc<ScheduleDoc>(connection, root)));
    for (const [index, doc] of docs.entries()) {
      if (doc !== null && isTrue(doc, portion[index]?.at ?? 0)) yield doc;
    }
  }
}

export async function dueSchedules(
  connection: Connection,
  now: number,
  limit: number,
): Promise<ScheduleRecord[]> {
  const where = { text: '#k <= :now', values: { ':now': now } };
  const own = recently(connection, 'd', ({ t, d = 0 }) => t === 'schedule' && d <= now);
  const found = search(connection, { index: 'timers', hashes: ['schedule'], by: 'd', where });
  const due: ScheduleDoc[] = [];
  for await (const doc of docsOf(connection, together(own, found), isActive)) {
    const { nextRunAt } = doc.record;
    if (nextRunAt !== null && nextRunAt <= now) due.push(doc);
    if (due.length >= limit) break;
  }
  due.sort((a, b) => at(a) - at(b) || a.n - b.n);
  return due.map(({ record }) => record);
}

export async function nextScheduleAt(
  connection: Connection,
  after: number,
): Promise<number | null> {
  const where = { text: '#k > :after', values: { ':after': after } };
  const own = recently(connection, 'd', ({ t, d = 0 }) => t === 'schedule' && d > after);
  const found = search(connection, { index: 'timers', hashes: ['schedule'], by: 'd', where });
  for await (const doc of docsOf(connection, together(own, found), isActive)) {
    if (at(doc) > after) return at(doc);
  }
  return null;
}

function isActive({ record }: ScheduleDoc): boolean {
  return record.status === 'active' && record.nextRunAt !== null;
}

function at({ record }: ScheduleDoc): number {
  return record.nextRunAt ?? Number.POSITIVE_INFINITY;
}

export async function readScheduleEvents(
  connection: Connection,
  scheduleId: string,
  { after = 0, limit }: { readonly after?: number; readonly limit?: number },
): Promise<ScheduleEvent[]> {
  const doc = await load(connection, scheduleId);
  if (doc === null) return [];
  const from = Math.max(0, after, doc.sequence - LOG_KEPT);
  const parts = await readLog(connection.shared.wire, scheduleKey(scheduleId), doc.log, from);
  const events = parts.flatMap(({ first, text }) =>
    (JSON.parse(`[${text}]`) as [string, number, unknown][]).map(
      ([type, timestamp, data], index) =>
        ({ type, sequence: first + index, timestamp, data }) as ScheduleEvent,
    ),
  );
  return events.filter(({ sequence }) => sequence > from).slice(0, limit);
}
