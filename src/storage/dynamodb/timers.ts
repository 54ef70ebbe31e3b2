import type { NextTimerRequest } from '../store.ts';
import { type Candidate, portions, recently, search, together } from './candidates.ts';
import { concerns } from './claim.ts';
import type { Connection } from './connection.ts';
import type { RunDoc } from './docs.ts';
import { heedsTimers, ownedTimers } from './index-of.ts';
import { type Index, keyName, shardsOf } from './keys.ts';
import { loadRuns } from './read-run.ts';

/** Of runs with a timer that is due already, so many are looked at for a later one. */
const OVERDUE_MOST = 1_000;

/** Of runs without an owner or with this one; the timers of other live workers are their business. */
export async function nextTimer(
  connection: Connection,
  request: NextTimerRequest,
): Promise<number | null> {
  const { workerId, after } = request;
  const isMine = (doc: RunDoc): boolean =>
    heedsTimers(doc) && (doc.owner === workerId || (doc.owner === null && concerns(request, doc)));
  const hashes = [ownedTimers(workerId), ...shardsOf('free')];
  const [later, sooner] = await Promise.all([
    firstLater(connection, hashes, after, isMine),
    firstOfOverdue(connection, hashes, after, isMine),
  ]);
  return later === null || (sooner !== null && sooner < later) ? sooner : later;
}

/** Runs whose first timer is later than that: in order, the first that counts is the one. */
async function firstLater(
  connection: Connection,
  hashes: readonly string[],
  after: number,
  isMine: (doc: RunDoc) => boolean,
): Promise<number | null> {
  const own = recently(connection, 'd', ({ t, d = 0 }) => t !== undefined && d > after);
  const where = { text: '#k > :after', values: { ':after': after } };
  const found = search(connection, { index: 'timers', hashes, by: 'd', where, page: 10 });
  let earliest: number | null = null;
  for await (const portion of portions(together(own, found), () => 10)) {
    for (const { doc } of await loadRuns(
      connection,
      portion.map(({ pk }) => pk),
    )) {
      const next = isMine(doc) ? nextOf(doc, after) : null;
      if (next !== null && (earliest === null || next < earliest)) earliest = next;
    }
    // By the index, all others are later still.
    const last = portion.at(-1)?.at ?? 0;
    if (earliest !== null && earliest <= last) break;
  }
  return earliest;
}

/** A run is found by its first timer, which may be due: then its others are looked at. */
async function firstOfOverdue(
  connection: Connection,
  hashes: readonly string[],
  after: number,
  isMine: (doc: RunDoc) => boolean,
): Promise<number | null> {
  const own = recently(connection, 'd', ({ t, d = 0 }) => t !== undefined && d <= after);
  const where = { text: '#k <= :after', values: { ':after': after } };
  const found = search(connection, { index: 'timers', hashes, by: 'd', where });
  let [earliest, seen] = [null as number | null, 0];
  for await (const portion of portions(together(own, found), () => 100)) {
    for (const { doc } of await loadRuns(
      connection,
      portion.map(({ pk }) => pk),
    )) {
      const next = isMine(doc) ? nextOf(doc, after) : null;
      if (next !== null && (earliest === null || next < earliest)) earliest = next;
    }
    seen += portion.length;
    if (seen >= OVERDUE_MOST) break;
  }
  return earliest;
}

function nextOf({ timers }: RunDoc, after: number): number | null {
  const later = timers.map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > after);
  return later.length === 0 ? null : Math.min(...later);
}

/** Of the runs that this worker holds, those with a due timer or anything in the inbox. */
export async function heldRunsWithArrivals(
  connection: Connection,
  workerId: string,
  now: number,
): Promise<string[]> {
  const hash = keyName(workerId);
  const pks = new Set<string>();
  const isFull = ({ oa, d = now + 1 }: Index) => oa === 1 || d <= now;
  const own = recently(connection, 'n', (index) => index.o === hash && isFull(index));
  for (const { pk } of own) pks.add(pk);
  const collect = async (found: AsyncGenerator<Candidate>) => {
    for await (const { pk } of found) pks.add(pk);
  };
  const where = { text: '#k <= :now', values: { ':now': now } };
  const filled = { text: '#k = :one', values: { ':one': 1 } };
  await Promise.all([
    collect(search(connection, { index: 'owners', hashes: [hash], by: 'oa', where: filled })),
    collect(
      search(connection, { index: 'timers', hashes: [ownedTimers(workerId)], by: 'd', where }),
    ),
  ]);
  const runs = await loadRuns(connection, [...pks]);
  return runs
    .filter(({ doc }) => doc.owner === workerId && hasArrivals(doc, now))
    .map(({ doc }) => doc.run.runId);
}

function hasArrivals({ inbox, timers }: RunDoc, now: number): boolean {
  return inbox.last > inbox.through || timers.some(({ dueAt }) => dueAt <= now);
}
