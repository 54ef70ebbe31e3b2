import type { HookRecord } from '../../core/hook.ts';
import { isFinished } from '../../core/run.ts';
import type { AdvanceRun, CreateRun, Deliver, Write, WriteResult } from '../commit.ts';
import { eventsToText } from '../event-text.ts';
import type { Timer } from '../store.ts';
import type { SqliteDatabase } from './open-database.ts';
import type { SqliteLease } from './sqlite-lease.ts';
import type { Prepare } from './statements.ts';

/** Writes a batch in one transaction. Throws the driver's errors; then nothing was written. */
export function commitBatch(
  db: SqliteDatabase,
  sql: Prepare,
  workerKey: (workerId: string) => number,
  batch: readonly Write[],
): WriteResult[] {
  const results: WriteResult[] = [];
  sql('BEGIN IMMEDIATE').run();
  try {
    const transaction: Transaction = {
      sql,
      workerKey,
      fence:
        sql<{ value: number }>(`SELECT value FROM meta WHERE name = 'fence'`).get()?.value ?? 0,
    };
    for (const write of batch) results.push(writeOne(transaction, write));
    sql('COMMIT').run();
    return results;
  } catch (error) {
    if (db.inTransaction) sql('ROLLBACK').run();
    takeBack(batch, results);
    throw error;
  }
}

interface Transaction {
  readonly sql: Prepare;
  readonly workerKey: (workerId: string) => number;
  readonly fence: number;
}

/** Makes a lease prove its epoch at its next commit. */
const UNPROVEN = -1;

/** What is known of a lease in memory must not outrun the disk: back to where the batch began. */
function takeBack(batch: readonly Write[], results: readonly WriteResult[]): void {
  for (let index = results.length - 1; index >= 0; index--) {
    const write = batch[index];
    if (write?.op !== 'advance' || results[index]?.outcome !== 'committed') continue;
    const lease = write.lease as SqliteLease;
    lease.sequence = write.expectedSequence;
    lease.released = false;
    lease.fence = UNPROVEN;
  }
}

/** Every refusal is decided before the first change, so a refused write leaves nothing behind. */
function writeOne(tx: Transaction, write: Write): WriteResult {
  switch (write.op) {
    case 'advance':
      return advance(tx, write);
    case 'create':
      return create(tx, write);
    case 'deliver':
      return deliver(tx, write);
  }
}

function advance(tx: Transaction, write: AdvanceRun): WriteResult {
  const lease = write.lease as SqliteLease;
  const { sql } = tx;
  if (!holds(tx, lease)) return { outcome: 'lease_lost' };
  if (lease.sequence !== write.expectedSequence) return { outcome: 'conflict' };
  for (const hookId of write.expireHooks ?? []) {
    const status = sql<{ status: string }>(
      'SELECT status FROM hooks WHERE run = ? AND hook_id = ?',
    );
    if (status.get(lease.key, hookId)?.status !== 'pending') return { outcome: 'conflict' };
  }

  appendEvents(tx, lease.key, write.expectedSequence + 1, write.events);
  for (const hookId of write.expireHooks ?? []) {
    sql(`UPDATE hooks SET status = 'expired' WHERE run = ? AND hook_id = ?`).run(lease.key, hookId);
  }
  for (const id of write.clearTimers ?? []) {
    sql('DELETE FROM timers WHERE run = ? AND id = ?').run(lease.key, id);
  }
  insertTimers(tx, lease.key, write.timers ?? []);
  insertHooks(tx, lease.key, write.hooks ?? []);
  if (write.inboxThrough !== undefined) {
    sql('DELETE FROM inbox WHERE run = ? AND id <= ?').run(lease.key, write.inboxThrough);
  }
  const finished = write.run?.status !== undefined && isFinished(write.run.status);
  if (finished) dropWaits(tx, lease.key);
  const released =
    finished ||
    write.release === 'park' ||
    (write.release === 'suspend' && inboxIsEmpty(tx, lease.key));
  if (write.run !== undefined || released) updateRun(tx, lease, write, released);
  lease.sequence += write.events.length;
  lease.fence = tx.fence;
  lease.released = released;
  if (write.release === undefined) return COMMITTED;
  return released ? RELEASED : NOT_RELEASED;
}

const COMMITTED: WriteResult = { outcome: 'committed' };
const RELEASED: WriteResult = { outcome: 'committed', released: true };
const NOT_RELEASED: WriteResult = { outcome: 'committed', released: false };

function holds(tx: Transaction, lease: SqliteLease): boolean {
  if (lease.released) return false;
  if (lease.fence === tx.fence) return true;
  const row = tx
    .sql<{ epoch: number; owner: number | null }>('SELECT epoch, owner FROM runs WHERE key = ?')
    .get(lease.key);
  return row !== undefined && row.owner !== null && row.epoch === lease.epoch;
}

function updateRun(
  tx: Transaction,
  lease: SqliteLease,
  write: AdvanceRun,
  released: boolean,
): void {
  const run = write.run;
  tx.sql(
    `UPDATE runs SET status = coalesce(?1, status), updated_at = coalesce(?2, updated_at),
       started_at = coalesce(started_at, ?3), completed_at = coalesce(?4, completed_at),
       error = CASE WHEN ?5 THEN ?6 ELSE error END,
       recovery_attempts = coalesce(?7, recovery_attempts),
       owner = CASE WHEN ?8 THEN NULL ELSE owner END,
       ready = CASE WHEN ?8 THEN 0 ELSE ready END
     WHERE key = ?9`,
  ).run({
    1: run?.status ?? null,
    2: run?.updatedAt ?? null,
    3: run?.startedAt ?? null,
    4: run?.completedAt ?? null,
    5: run?.error === undefined ? 0 : 1,
    6: run?.error == null ? null : JSON.stringify(run.error),
    7: run?.recoveryAttempts ?? null,
    8: released ? 1 : 0,
    9: lease.key,
  });
}

function create(tx: Transaction, write: CreateRun): WriteResult {
  const { sql } = tx;
  const { run } = write;
  const home = write.workerId === null ? null : tx.workerKey(write.workerId);
  const claimed = write.attention === 'claimed';
  const inserted = sql(
    `INSERT INTO runs (run_id, workflow, status, created_at, updated_at, started_at, completed_at,
       error, idempotency_key, max_duration, metadata, tags, recovery_attempts,
       max_recovery_attempts, recover, parent_run_id, nesting_depth, continued_from, continued_to,
       epoch, owner, home, ready)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  ).run(
    run.runId,
    run.workflowName,
    run.status,
    run.createdAt,
    run.updatedAt,
    run.startedAt,
    run.completedAt,
    run.error === null ? null : JSON.stringify(run.error),
    run.idempotencyKey,
    run.maxDuration,
    textOrNull(run.metadata, '{}'),
    textOrNull(run.tags, '[]'),
    run.recoveryAttempts,
    run.maxRecoveryAttempts,
    run.recoverOnWorkerLoss ? 1 : 0,
    run.parentRunId,
    run.nestingDepth,
    run.continuedFromRunId,
    run.continuedToRunId,
    claimed ? 1 : 0,
    claimed ? home : null,
    home,
    write.attention === 'ready' ? 1 : 0,
  );
  if (inserted.changes === 0) return { outcome: 'exists', runId: ownerOfKey(tx, write) };

  const key = Number(inserted.lastInsertRowid);
  appendEvents(tx, key, 1, write.events);
  insertTimers(tx, key, write.timers);
  insertHooks(tx, key, write.hooks);
  if (!claimed || write.workerId === null) return COMMITTED;
  const lease: SqliteLease = {
    runId: run.runId,
    workerId: write.workerId,
    epoch: 1,
    key,
    sequence: write.events.length,
    fence: tx.fence,
    released: false,
  };
  return { outcome: 'committed', lease };
}

function ownerOfKey(tx: Transaction, { run }: CreateRun): string {
  const row = tx
    .sql<{ run_id: string }>(
      'SELECT run_id FROM runs WHERE run_id = ? OR (workflow = ? AND idempotency_key = ?)',
    )
    .get(run.runId, run.workflowName, run.idempotencyKey);
  return row?.run_id ?? run.runId;
}

function deliver(tx: Transaction, write: Deliver): WriteResult {
  const { sql } = tx;
  const run = sql<{ key: number; status: string }>(
    'SELECT key, status FROM runs WHERE run_id = ?',
  ).get(write.runId);
  if (run === undefined) return { outcome: 'not_found' };
  if (isFinished(run.status as never)) return { outcome: 'refused', status: run.status };
  if (write.message.type === 'hook.received') {
    const { hookId, payload } = write.message;
    const hook = sql<{ status: string; expires_at: number | null }>(
      'SELECT status, expires_at FROM hooks WHERE run = ? AND hook_id = ?',
    ).get(run.key, hookId);
    if (hook === undefined) return { outcome: 'not_found' };
    if (hook.status !== 'pending') return { outcome: 'refused', status: hook.status };
    if (hook.expires_at !== null && hook.expires_at <= write.now) {
      return { outcome: 'refused', status: 'expired' };
    }
    sql(
      `UPDATE hooks SET status = 'received', received_at = ?, payload = ? WHERE run = ? AND hook_id = ?`,
    ).run(write.now, JSON.stringify(payload), run.key, hookId);
  }
  sql('INSERT INTO inbox (run, received_at, message) VALUES (?, ?, ?)').run(
    run.key,
    write.now,
    JSON.stringify(write.message),
  );
  sql('UPDATE runs SET ready = 1 WHERE key = ?').run(run.key);
  return COMMITTED;
}

function appendEvents(
  tx: Transaction,
  key: number,
  first: number,
  events: AdvanceRun['events'],
): void {
  if (events.length === 0) return;
  tx.sql('INSERT INTO history (run, sequence, count, events) VALUES (?, ?, ?, ?)').run(
    key,
    first,
    events.length,
    eventsToText(events),
  );
}

function insertTimers(tx: Transaction, key: number, timers: readonly Timer[]): void {
  for (const { id, kind, dueAt } of timers) {
    tx.sql('INSERT OR REPLACE INTO timers (run, id, kind, due_at) VALUES (?, ?, ?, ?)').run(
      key,
      id,
      kind,
      dueAt,
    );
  }
}

function insertHooks(tx: Transaction, key: number, hooks: readonly HookRecord[]): void {
  for (const hook of hooks) {
    tx.sql(
      `INSERT INTO hooks (run, hook_id, name, token, status, created_at, expires_at, payload_schema)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      key,
      hook.hookId,
      hook.name,
      hook.token,
      hook.status,
      hook.createdAt,
      hook.expiresAt,
      textOrNull(hook.payloadSchema, 'null'),
    );
  }
}

/** A finished run waits for nothing. */
function dropWaits(tx: Transaction, key: number): void {
  tx.sql('DELETE FROM timers WHERE run = ?').run(key);
  tx.sql('DELETE FROM inbox WHERE run = ?').run(key);
  tx.sql(`UPDATE hooks SET status = 'disposed' WHERE run = ? AND status = 'pending'`).run(key);
}

function inboxIsEmpty(tx: Transaction, key: number): boolean {
  return tx.sql('SELECT 1 FROM inbox WHERE run = ? LIMIT 1').get(key) === undefined;
}

/** The JSON text of a value, or null for the usual one. */
function textOrNull(value: unknown, usual: string): string | null {
  const text = JSON.stringify(value);
  return text === usual ? null : text;
}
