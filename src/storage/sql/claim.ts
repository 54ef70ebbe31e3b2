import { StoreError } from '../../core/errors.ts';
import type { Arrivals, Claim, ClaimRequest, InboxEntry, Timer } from '../store.ts';
import { type Candidates, candidates, wanted } from './claim-candidates.ts';
import { RUN_FIELDS, type RunRow, toSummary } from './rows.ts';
import {
  type Dialect,
  type Parameter,
  type Row,
  type Rows,
  type Send,
  type Server,
  type Statement,
  statement,
} from './server.ts';
import type { SqlLease } from './sql-lease.ts';
import { type Plan, retrying, type Transactor } from './transactor.ts';

interface Taken {
  readonly id: number;
  readonly owner: number | null;
  readonly gated: number;
}

/** Takes leases on runs that need attention. Reads first, so that an idle poll locks nothing. */
export async function claimRuns(
  server: Server,
  transactor: Transactor,
  patienceMs: number,
  request: ClaimRequest,
): Promise<readonly Claim[]> {
  const found = await retrying(server, patienceMs, (send) =>
    candidates(send, server.dialect, request),
  );
  if (found === null || request.limit < 1) return [];
  const claims = await transactor.transact(async ({ load }) => {
    const taken = await lock(load, server.dialect, request, found);
    return taken.length === 0 ? null : take(server.dialect, request, found, taken);
  });
  return claims ?? [];
}

/** Passes over what somebody else is about to claim, or to write to. */
async function lock(
  load: Send,
  dialect: Dialect,
  request: ClaimRequest,
  { dead, due }: Candidates,
): Promise<readonly Taken[]> {
  const { among, lockSkipping } = dialect;
  const { limit, now } = request;
  const { text, values } = wanted(dialect, request);
  const find = (condition: string, order: string, ...given: Parameter[]) =>
    statement(
      `SELECT r.id, r.owner, r.gated FROM @runs r WHERE ${condition}${text}
       ${order} LIMIT ? ${lockSkipping}`,
      ...given,
      ...values,
      limit,
    );
  const force = dead.size > 0;
  const asked: Statement[] = [
    statement('SELECT id FROM @workers WHERE worker_id = ?', request.workerId),
    find('r.ready = 1 AND r.owner IS NULL', 'ORDER BY r.id'),
    find(
      `${among('r.id')} AND r.owner IS NULL AND r.status <> 'interrupted' AND r.gated = 0
       AND EXISTS (SELECT 1 FROM @timers t WHERE t.run = r.id AND t.due_at <= ?)`,
      'ORDER BY r.id',
      due,
      now,
    ),
    ...(force ? [find(among('r.owner'), 'ORDER BY r.id', [...dead.keys()])] : []),
  ];
  // Whoever holds a lease must not be in the middle of a commit when it is taken away.
  const head = force ? [dialect.lockFence('exclusive')] : [];
  const answers = (await load([...head, ...asked])).slice(head.length);
  const [worker = [], ready = [], woken = [], lost = []] = answers;
  if (worker.length === 0) throw new StoreError(`Worker ${request.workerId} is not registered`);
  const inOrder = [...lost, ...ready, ...sorted(woken, due)] as Taken[];
  const unique = new Map<number, Taken>();
  for (const one of inOrder) if (unique.size < limit) unique.set(one.id, unique.get(one.id) ?? one);
  return [...unique.values()];
}

function sorted(rows: Rows, order: readonly number[]): Row[] {
  const position = new Map(order.map((id, index) => [id, index]));
  return rows.toSorted((a, b) => (position.get(a.id) ?? 0) - (position.get(b.id) ?? 0));
}

function take(
  { among }: Dialect,
  request: ClaimRequest,
  { worker, dead }: Candidates,
  taken: readonly Taken[],
): Plan<Claim[]> {
  const ids = taken.map(({ id }) => id);
  const waited = taken.filter(({ gated }) => gated === 1).map(({ id }) => id);
  const forced = taken.some(({ owner }) => owner !== null);
  const writes = [
    statement(
      `UPDATE @runs SET owner = ?, home = ?, epoch = epoch + 1, ready = 0, gated = 0
       WHERE ${among('id')}`,
      worker,
      worker,
      ids,
    ),
  ];
  // Taking a lease from somebody moves the fence: every holder checks its epoch at its next commit.
  if (forced) writes.push(MOVE_FENCE);
  if (waited.length > 0) {
    writes.push(statement(`DELETE FROM @stands WHERE ${among('run')} AND held = 0`, waited));
  }
  const reads = [
    statement(`SELECT value FROM @meta WHERE name = 'fence'`),
    statement(
      `SELECT r.id, ${RUN_FIELDS}, r.epoch, (SELECT h.sequence + h.count - 1 FROM @history h
         WHERE h.run = r.id ORDER BY h.sequence DESC LIMIT 1) AS position
       FROM @runs r WHERE ${among('r.id')}`,
      ids,
    ),
    statement(`SELECT run, gate FROM @stands WHERE ${among('run')} AND held = 1`, ids),
    ...arrivalsOf(among('run'), ids, 0, request.now),
  ];
  return {
    writes,
    reads,
    fence: null,
    result([fences = [], runs = [], stands = [], inbox = [], timers = []]) {
      const byId = new Map(runs.map((row) => [row.id as number, row]));
      return taken.flatMap(({ id, owner }) => {
        const row = byId.get(id);
        if (row === undefined) return [];
        const gates = stands.filter((stand) => stand.run === id).map((stand) => stand.gate);
        const lease = leaseOf(row, request.workerId, fences[0]?.value ?? 0, gates);
        return {
          lease,
          run: toSummary(row as RunRow),
          sequence: lease.sequence,
          arrivals: toArrivals(
            inbox.filter(({ run }) => run === id),
            timers.filter(({ run }) => run === id),
          ),
          lostBy: owner === null ? null : (dead.get(owner) ?? 'unknown'),
        };
      });
    },
  };
}

export const MOVE_FENCE = statement(`UPDATE @meta SET value = value + 1 WHERE name = 'fence'`);

function leaseOf(row: Row, workerId: string, fence: number, gates: readonly string[]): SqlLease {
  return {
    runId: row.run_id,
    workerId,
    epoch: row.epoch,
    id: row.id,
    sequence: row.position ?? 0,
    fence,
    released: false,
    gates,
    scheduleId: row.schedule_id,
  };
}

/** Two statements: the inbox and the due timers, of one run or of many. */
export function arrivalsOf(
  of: string,
  run: Parameter,
  after: number,
  now: number,
): [Statement, Statement] {
  return [
    statement(
      `SELECT run, id, received_at, message FROM @inbox WHERE ${of} AND id > ? ORDER BY id`,
      run,
      after,
    ),
    statement(
      `SELECT run, id, kind, due_at FROM @timers WHERE ${of} AND due_at <= ? ORDER BY due_at, id`,
      run,
      now,
    ),
  ];
}

export function toArrivals(inbox: Rows, timers: Rows): Arrivals {
  return {
    inbox: inbox.map(
      (row): InboxEntry => ({
        ...JSON.parse(row.message),
        id: row.id,
        receivedAt: row.received_at,
      }),
    ),
    dueTimers: timers.map((row): Timer => ({ id: row.id, kind: row.kind, dueAt: row.due_at })),
  };
}
