import { StoreError } from '../../core/errors.ts';
import { toWorker, type WorkerRow } from '../sql/rows.ts';
import type { WorkerRecord } from '../store.ts';
import type { SqliteDatabase } from './open-database.ts';
import type { Prepare } from './statements.ts';

const DAY_MS = 86_400_000;

/**
 * Adds the worker and forgets those that have been dead for a day and hold nothing: one that was
 * only stopped for so long finds out at its next claim.
 */
export function registerWorker(db: SqliteDatabase, sql: Prepare, worker: WorkerRecord): void {
  db.transaction(() => {
    sql(
      `DELETE FROM workers WHERE expires_at < ? AND key NOT IN (SELECT owner FROM runs WHERE owner IS NOT NULL)`,
    ).run(worker.startedAt - DAY_MS);
    sql(
      `INSERT INTO workers (worker_id, name, host, pid, process_key, started_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      worker.workerId,
      worker.name,
      worker.host,
      worker.pid,
      worker.processKey,
      worker.startedAt,
      worker.expiresAt,
    );
  }).immediate();
}

/**
 * The worker's row.
 * @throws StoreError
 */
export function registeredKey(sql: Prepare, workerId: string): number {
  const row = sql<{ key: number }>('SELECT key FROM workers WHERE worker_id = ?').get(workerId);
  if (row === undefined) throw new StoreError(`Worker ${workerId} is not registered`);
  return row.key;
}

/** Gives everything the worker still holds to whoever comes first. */
export function removeWorker(db: SqliteDatabase, sql: Prepare, workerId: string): void {
  db.transaction(() => {
    const row = sql<{ key: number }>('SELECT key FROM workers WHERE worker_id = ?').get(workerId);
    if (row === undefined) return;
    const freed = sql('UPDATE runs SET owner = NULL, ready = 1 WHERE owner = ?').run(row.key);
    if (freed.changes > 0) sql(`UPDATE meta SET value = value + 1 WHERE name = 'fence'`).run();
    sql('DELETE FROM workers WHERE key = ?').run(row.key);
  }).immediate();
}

export function listWorkers(sql: Prepare): WorkerRecord[] {
  return sql<WorkerRow>('SELECT * FROM workers ORDER BY key').all().map(toWorker);
}
