import type {
  Arrivals,
  Claim,
  ClaimRequest,
  InboxEntry,
  Lease,
  NextTimerRequest,
} from '../store.ts';
import { type Candidate, portions, recently, search, together } from './candidates.ts';
import type { Connection } from './connection.ts';
import type { RunDoc } from './docs.ts';
import { depart } from './gates.ts';
import { heedsTimers } from './index-of.ts';
import { keyName, runKey, shardsOf } from './keys.ts';
import { readLog } from './log.ts';
import { perform } from './perform.ts';
import { loadRun, summaryOf } from './read-run.ts';
import { hold } from './run-doc.ts';
import type { Work } from './work.ts';
import { allWorkers, assertRegistered, type KnownWorker } from './workers.ts';

/** Takes leases on runs that need attention. Indices propose, a conditional write decides. */
export async function claimRuns(connection: Connection, request: ClaimRequest): Promise<Claim[]> {
  const workers = await allWorkers(connection);
  assertRegistered(workers, request.workerId);
  const { limit, workflows } = request;
  const claims: Claim[] = [];
  if (limit <= 0 || workflows?.length === 0) return claims;
  const dead = workers.filter((worker) => isDead(worker, request));
  const found = once(candidates(connection, dead, request.now));
  for await (const portion of portions(found, () => limit - claims.length)) {
    const tries = portion.map(({ pk }) => claimOne(connection, request, dead, pk));
    claims.push(...(await Promise.all(tries)).filter((claim) => claim !== null));
    if (claims.length >= limit) break;
  }
  return claims;
}

function isDead(worker: KnownWorker, { workerId, now, deadWorkers }: ClaimRequest): boolean {
  if (worker.workerId === workerId) return false;
  return worker.gone || worker.expiresAt <= now || deadWorkers.includes(worker.workerId);
}

/** What wants attention, whoever's business it is; a run may come up twice. */
async function* candidates(
  connection: Connection,
  dead: readonly KnownWorker[],
  now: number,
): AsyncGenerator<Candidate> {
  for (const { workerId } of dead) {
    const hash = keyName(workerId);
    yield* recently(connection, 'n', ({ o }) => o === hash);
    yield* search(connection, { index: 'owners', hashes: [hash], by: 'oa' });
  }
  yield* together(
    recently(connection, 'n', ({ r }) => r !== undefined),
    search(connection, { index: 'ready', hashes: shardsOf('ready'), by: 'n' }),
  );
  const where = { text: '#k <= :now', values: { ':now': now } };
  const isDue = ({ t, d = now + 1 }: { t?: string; d?: number }) => t !== undefined && d <= now;
  yield* together(
    recently(connection, 'd', (index) => isDue(index) && index.o === undefined),
    search(connection, { index: 'timers', hashes: shardsOf('free'), by: 'd', where }),
  );
}

async function* once(candidates: AsyncGenerator<Candidate>): AsyncGenerator<Candidate> {
  const seen = new Set<string>();
  for await (const candidate of candidates) {
    if (seen.has(candidate.pk)) continue;
    seen.add(candidate.pk);
    yield candidate;
  }
}

export function concerns(
  { workflows, scope, workerId, runIds }: Omit<NextTimerRequest, 'after'>,
  { run, home }: RunDoc,
): boolean {
  if (workflows !== null && !workflows.includes(run.workflowName)) return false;
  return scope === 'all' || home === workerId || runIds.includes(run.runId);
}

function wantsAttention(doc: RunDoc, dead: readonly KnownWorker[], now: number): boolean {
  const { owner } = doc;
  if (owner !== null) return dead.some(({ workerId }) => workerId === owner);
  return doc.ready || (heedsTimers(doc) && doc.timers.some(({ dueAt }) => dueAt <= now));
}

async function claimOne(
  connection: Connection,
  request: ClaimRequest,
  dead: readonly KnownWorker[],
  pk: string,
): Promise<Claim | null> {
  const taken = await perform(connection, async (work) => {
    const { doc } = await work.runAt(pk);
    const wanted = doc !== null && wantsAttention(doc, dead, request.now);
    if (!wanted || !concerns(request, doc)) return { result: null, first: null, write: false };
    return { result: await take(work, doc, dead, request.workerId), first: pk, write: true };
  });
  if (taken === null) return null;
  const { doc, lostBy } = taken;
  const { workerId, now } = request;
  const [run, arrivals] = await Promise.all([
    summaryOf(connection, pk, doc),
    arrivalsOf(connection, pk, doc, 0, now),
  ]);
  const lease = { runId: doc.run.runId, workerId, epoch: doc.epoch };
  return { lease, run, sequence: doc.sequence, arrivals, lostBy };
}

async function take(work: Work, doc: RunDoc, dead: readonly KnownWorker[], workerId: string) {
  const owner = dead.find((worker) => worker.workerId === doc.owner);
  // It is claimed to be cancelled: it waits no more.
  if (doc.waits) await depart(work, doc);
  hold(doc, workerId);
  return { doc, lostBy: owner === undefined || owner.gone ? null : owner.workerId };
}

export async function readArrivals(
  connection: Connection,
  lease: Lease,
  after: number,
  now: number,
): Promise<Arrivals> {
  const doc = await loadRun(connection, lease.runId);
  if (doc === null) return { inbox: [], dueTimers: [] };
  return arrivalsOf(connection, runKey(lease.runId), doc, after, now);
}

async function arrivalsOf(
  { shared: { wire } }: Connection,
  pk: string,
  { inbox, timers }: RunDoc,
  after: number,
  now: number,
): Promise<Arrivals> {
  const from = Math.max(after, inbox.through);
  const parts = from >= inbox.last ? [] : await readLog(wire, pk, inbox.log, from);
  const entries = parts.flatMap(({ text }) => JSON.parse(`[${text}]`) as InboxEntry[]);
  const dueTimers = timers.filter((timer) => timer.dueAt <= now);
  dueTimers.sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
  return { inbox: entries.filter(({ id }) => id > from), dueTimers };
}
