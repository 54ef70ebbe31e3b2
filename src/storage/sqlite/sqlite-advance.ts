import { isFinished, type RunStatus } from '../../core/run.ts';
import { hasRepeated, repeatsItself } from '../admission.ts';
import type { AdvanceRun, RunChange, WriteResult } from '../commit.ts';
import { isEnding, ROUSING } from '../messages.ts';
import type { InboxMessage } from '../store.ts';
import { createAll } from './sqlite-create.ts';
import { deliverAll } from './sqlite-deliver.ts';
import { leaveGates } from './sqlite-gates.ts';
import type { SqliteLease } from './sqlite-lease.ts';
import { countEnd } from './sqlite-statistics.ts';
import { COMMITTED, CONFLICT, type Transaction } from './sqlite-transaction.ts';
import { appendEvents, dropWaits, hookStatus, insertHooks, insertTimers } from './sqlite-waits.ts';

const LEASE_LOST: WriteResult = { outcome: 'lease_lost' };
const RELEASED: WriteResult = { outcome: 'committed', released: true };
const NOT_RELEASED: WriteResult = { outcome: 'committed', released: false };

export function advance(tx: Transaction, write: AdvanceRun): WriteResult {
  const lease = write.lease as SqliteLease;
  const { key } = lease;
  if (!holds(tx, lease)) return LEASE_LOST;
  if (lease.sequence !== write.expectedSequence) return CONFLICT;
  if (contradicts(tx, key, write)) return CONFLICT;

  appendEvents(tx, key, write.expectedSequence + 1, write.events);
  writeWaits(tx, key, write);
  const status = write.run?.status;
  const finished = status !== undefined && isFinished(status);
  const released = finished ? end(tx, lease, write, status) : goOn(tx, key, write);
  lease.sequence += write.events.length;
  lease.fence = tx.fence;
  lease.released = released;
  if (write.release === undefined) return COMMITTED;
  return released ? RELEASED : NOT_RELEASED;
}

function holds(tx: Transaction, lease: SqliteLease): boolean {
  if (lease.released) return false;
  if (lease.fence === tx.fence) return true;
  const row = tx
    .sql<{ epoch: number; owner: number | null }>('SELECT epoch, owner FROM runs WHERE key = ?')
    .get(lease.key);
  return row !== undefined && row.owner !== null && row.epoch === lease.epoch;
}

/** True if a hook is not what the writer takes it for, or something is there twice. */
function contradicts(tx: Transaction, key: number, write: AdvanceRun): boolean {
  const { expireHooks = [], hooks = [], creates = [] } = write;
  return (
    expireHooks.some((hookId) => hookStatus(tx, key, hookId) !== 'pending') ||
    hooks.some(({ hookId }) => hookStatus(tx, key, hookId) !== null) ||
    hasRepeated(hooks, (hook) => hook.hookId) ||
    creates.some(repeatsItself) ||
    (write.run?.status === 'continued_as_new' && hasUnreadEnd(tx, key, write.inboxThrough ?? 0))
  );
}

function hasUnreadEnd({ sql }: Transaction, key: number, through: number): boolean {
  const types = sql<{ type: InboxMessage['type'] }>(
    'SELECT type FROM inbox WHERE run = ? AND id > ?',
  );
  return types.all(key, through).some(isEnding);
}

function writeWaits(tx: Transaction, key: number, write: AdvanceRun): void {
  const { sql } = tx;
  for (const hookId of write.expireHooks ?? []) {
    sql(`UPDATE hooks SET status = 'expired' WHERE run = ? AND hook_id = ?`).run(key, hookId);
  }
  for (const id of write.clearTimers ?? []) {
    sql('DELETE FROM timers WHERE run = ? AND id = ?').run(key, id);
  }
  insertTimers(tx, key, write.timers ?? []);
  insertHooks(tx, key, write.hooks ?? []);
  if (write.inboxThrough !== undefined) {
    sql('DELETE FROM inbox WHERE run = ? AND id <= ?').run(key, write.inboxThrough);
  }
}

/** It is finished before anything of it goes out: a message to itself finds nobody. */
function end(tx: Transaction, lease: SqliteLease, write: AdvanceRun, status: RunStatus): boolean {
  dropWaits(tx, lease.key);
  updateRun(tx, lease.key, write.run, { released: true, ready: false });
  createAll(tx, write.creates, lease);
  deliverAll(tx, write.deliveries);
  if (lease.counted) leave(tx, lease.key, status);
  return true;
}

/** Gives the run's places back, and tells its schedule. */
function leave(tx: Transaction, key: number, status: RunStatus): void {
  const rows = tx
    .sql<{ schedule_id: string | null; name: string | null; places: number }>(
      `SELECT r.schedule_id, g.name, g.places FROM runs r LEFT JOIN gates g ON g.run = r.key
       WHERE r.key = ?`,
    )
    .all(key);
  const scheduleId = rows[0]?.schedule_id ?? null;
  if (scheduleId !== null) countEnd(tx, scheduleId, status);
  leaveGates(
    tx,
    key,
    rows.flatMap(({ name, places }) => (name === null ? [] : [{ name, places }])),
  );
}

/** What goes out comes before the release: it may have put something into the run's own inbox. */
function goOn(tx: Transaction, key: number, write: AdvanceRun): boolean {
  createAll(tx, write.creates, null);
  deliverAll(tx, write.deliveries);
  const parks = write.release === 'park';
  const released = parks || (write.release === 'suspend' && inboxIsEmpty(tx, key));
  if (write.run !== undefined || released) {
    const denied = write.release === 'suspend' && !released;
    const change = denied ? stillRunning(write.run) : write.run;
    updateRun(tx, key, change, { released, ready: parks && isRoused(tx, key) });
  }
  return released;
}

/** Whoever is not let go to sleep is awake. */
function stillRunning(change: RunChange | undefined): RunChange | undefined {
  return change?.status === 'suspended' ? { ...change, status: 'running' } : change;
}

function inboxIsEmpty(tx: Transaction, key: number): boolean {
  return tx.sql('SELECT 1 FROM inbox WHERE run = ? LIMIT 1').get(key) === undefined;
}

function isRoused(tx: Transaction, key: number): boolean {
  const types = ROUSING.map((type) => `'${type}'`).join(', ');
  const message = tx.sql(`SELECT 1 FROM inbox WHERE run = ? AND type IN (${types}) LIMIT 1`);
  return message.get(key) !== undefined;
}

/** @param ready counts only if the run is released */
function updateRun(
  tx: Transaction,
  key: number,
  run: RunChange | undefined,
  { released, ready }: { readonly released: boolean; readonly ready: boolean },
): void {
  tx.sql(
    `UPDATE runs SET status = coalesce(?1, status), updated_at = coalesce(?2, updated_at),
       started_at = coalesce(started_at, ?3), completed_at = coalesce(?4, completed_at),
       error = CASE WHEN ?5 THEN ?6 ELSE error END,
       recovery_attempts = coalesce(?7, recovery_attempts),
       continued_to = coalesce(?8, continued_to), progress = coalesce(?9, progress),
       owner = CASE WHEN ?10 THEN NULL ELSE owner END,
       ready = CASE WHEN ?10 THEN ?11 ELSE ready END
     WHERE key = ?12`,
  ).run({
    1: run?.status ?? null,
    2: run?.updatedAt ?? null,
    3: run?.startedAt ?? null,
    4: run?.completedAt ?? null,
    5: run?.error === undefined ? 0 : 1,
    6: run?.error == null ? null : JSON.stringify(run.error),
    7: run?.recoveryAttempts ?? null,
    8: run?.continuedToRunId ?? null,
    9: run?.progress === undefined ? null : JSON.stringify(run.progress),
    10: released ? 1 : 0,
    11: ready ? 1 : 0,
    12: key,
  });
}
