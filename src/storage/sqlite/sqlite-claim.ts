import { type RunRow, toSummary } from '../sql/rows.ts';
import type { Arrivals, Claim, ClaimRequest, InboxEntry, Timer, TimerKind } from '../store.ts';
import type { SqliteDatabase } from './open-database.ts';
import { RUN_COLUMNS } from './rows.ts';
import { stopWaiting } from './sqlite-gates.ts';
import type { SqliteLease } from './sqlite-lease.ts';
import { registeredKey } from './sqlite-workers.ts';
import type { Prepare } from './statements.ts';

interface Candidate {
  readonly key: number;
  readonly owner: number | null;
  readonly gated: number;
}

/** Takes leases on runs that need attention. Reads first, so that an idle poll takes no write lock. */
export function claimRuns(db: SqliteDatabase, sql: Prepare, request: ClaimRequest): Claim[] {
  if (candidates(sql, registeredKey(sql, request.workerId), request).length === 0) return [];
  const take = db.transaction(() => {
    const workerKey = registeredKey(sql, request.workerId);
    return candidates(sql, workerKey, request).map((found) =>
      claimOne(sql, workerKey, request, found),
    );
  });
  return take.immediate();
}

function candidates(sql: Prepare, workerKey: number, request: ClaimRequest): Candidate[] {
  const given = {
    now: request.now,
    workflows: request.workflows === null ? null : JSON.stringify(request.workflows),
    home: request.scope === 'own' ? workerKey : null,
    runIds: JSON.stringify(request.runIds),
  };
  const wanted = `(@workflows IS NULL OR r.workflow IN (SELECT value FROM json_each(@workflows)))
    AND (@home IS NULL OR r.home = @home OR r.run_id IN (SELECT value FROM json_each(@runIds)))`;
  const found = new Map<number, Candidate>();
  // Without LIMIT: a run may come up more than once, and what comes after it counts.
  const collect = (rows: Iterable<Candidate>) => {
    for (const row of rows) {
      if (found.size >= request.limit) return;
      found.set(row.key, row);
    }
  };
  const dead = deadHolders(sql, workerKey, request);
  if (dead.length > 0) {
    const lost = sql<Candidate>(
      `SELECT r.key, r.owner, r.gated FROM runs r
       WHERE r.owner IN (SELECT value FROM json_each(@dead)) AND ${wanted}`,
    );
    collect(lost.iterate({ ...given, dead: JSON.stringify(dead) }));
  }
  collect(
    sql<Candidate>(
      `SELECT r.key, r.owner, r.gated FROM runs r WHERE r.ready = 1 AND r.owner IS NULL AND ${wanted}
       ORDER BY r.key`,
    ).iterate(given),
  );
  collect(
    sql<Candidate>(
      `SELECT r.key, r.owner, r.gated FROM timers t JOIN runs r ON r.key = t.run
       WHERE t.due_at <= @now AND r.owner IS NULL AND r.status <> 'interrupted' AND r.gated = 0 AND ${wanted}
       ORDER BY t.due_at`,
    ).iterate(given),
  );
  return [...found.values()];
}

/** Only those that hold something: processes that ended without a word may be many. */
function deadHolders(
  sql: Prepare,
  workerKey: number,
  { now, deadWorkers }: ClaimRequest,
): number[] {
  return sql<{ key: number }>(
    `SELECT key FROM workers
     WHERE key IN (SELECT owner FROM runs WHERE owner IS NOT NULL) AND key <> ?
       AND (expires_at <= ? OR worker_id IN (SELECT value FROM json_each(?)))`,
  )
    .all(workerKey, now, JSON.stringify(deadWorkers))
    .map((row) => row.key);
}

function claimOne(sql: Prepare, workerKey: number, request: ClaimRequest, found: Candidate): Claim {
  // Taking a lease from somebody moves the fence: every holder checks its epoch at its next commit.
  if (found.owner !== null) sql(`UPDATE meta SET value = value + 1 WHERE name = 'fence'`).run();
  sql(
    `UPDATE runs SET owner = ?1, home = ?1, epoch = epoch + 1, ready = 0, gated = 0 WHERE key = ?2`,
  ).run({ 1: workerKey, 2: found.key });
  if (found.gated === 1) stopWaiting(sql, found.key);
  const row = sql<RunRow & { epoch: number; stands: number }>(
    `SELECT ${RUN_COLUMNS}, epoch, EXISTS (SELECT 1 FROM gates WHERE run = runs.key) AS stands
     FROM runs WHERE key = ?`,
  ).get(found.key);
  if (row === undefined) throw new Error(`run ${found.key} vanished inside a transaction`);
  const lease: SqliteLease = {
    runId: row.run_id,
    workerId: request.workerId,
    epoch: row.epoch,
    key: found.key,
    counted: row.schedule_id !== null || row.stands === 1,
    sequence: lastSequence(sql, found.key),
    fence: sql<{ value: number }>(`SELECT value FROM meta WHERE name = 'fence'`).get()?.value ?? 0,
    released: false,
  };
  return {
    lease,
    run: toSummary(row),
    sequence: lease.sequence,
    arrivals: readArrivals(sql, found.key, 0, request.now),
    lostBy: found.owner === null ? null : workerIdOf(sql, found.owner),
  };
}

export function readArrivals(sql: Prepare, key: number, after: number, now: number): Arrivals {
  const inbox = sql<{ id: number; received_at: number; message: string }>(
    'SELECT id, received_at, message FROM inbox WHERE run = ? AND id > ? ORDER BY id',
  )
    .all(key, after)
    .map(
      (row): InboxEntry => ({
        ...JSON.parse(row.message),
        id: row.id,
        receivedAt: row.received_at,
      }),
    );
  const dueTimers = sql<{ id: string; kind: TimerKind; due_at: number }>(
    'SELECT id, kind, due_at FROM timers WHERE run = ? AND due_at <= ? ORDER BY due_at, id',
  )
    .all(key, now)
    .map((row): Timer => ({ id: row.id, kind: row.kind, dueAt: row.due_at }));
  return { inbox, dueTimers };
}

function lastSequence(sql: Prepare, key: number): number {
  const row = sql<{ last: number }>(
    'SELECT sequence + count - 1 AS last FROM history WHERE run = ? ORDER BY sequence DESC LIMIT 1',
  ).get(key);
  return row?.last ?? 0;
}

function workerIdOf(sql: Prepare, key: number): string {
  return (
    sql<{ worker_id: string }>('SELECT worker_id FROM workers WHERE key = ?').get(key)?.worker_id ??
    'unknown'
  );
}
