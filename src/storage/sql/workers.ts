import { StoreError } from '../../core/errors.ts';
import type { WorkerRecord } from '../store.ts';
import { MOVE_FENCE } from './claim.ts';
import { one } from './reads.ts';
import { toWorker } from './rows.ts';
import { type Dialect, type Send, statement } from './server.ts';
import type { Transactor } from './transactor.ts';

const DAY_MS = 86_400_000;

/**
 * Adds the worker and forgets those that have been dead for a day and hold nothing: one that was
 * only stopped for so long finds out at its next claim.
 * @throws StoreError if there is one of that id
 */
export async function registerWorker(transactor: Transactor, worker: WorkerRecord): Promise<void> {
  await transactor.transact(async ({ after }) => {
    if (after === 'duplicate') {
      throw new StoreError(`Worker ${worker.workerId} is registered already`);
    }
    return {
      writes: [
        statement(
          `DELETE FROM @workers WHERE expires_at < ?
             AND NOT EXISTS (SELECT 1 FROM @runs r WHERE r.owner = @workers.id)`,
          worker.startedAt - DAY_MS,
        ),
        statement(
          `INSERT INTO @workers (worker_id, name, host, pid, process_key, started_at, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
          worker.workerId,
          worker.name,
          worker.host,
          worker.pid,
          worker.processKey,
          worker.startedAt,
          worker.expiresAt,
        ),
      ],
      reads: [],
      result: () => true,
      fence: null,
    };
  });
}

/** Gives everything the worker still holds to whoever comes first. */
export async function removeWorker(
  transactor: Transactor,
  dialect: Dialect,
  workerId: string,
): Promise<void> {
  await transactor.transact(async ({ load }) => {
    const [, workers = []] = await load([
      dialect.lockFence('exclusive'),
      statement('SELECT id FROM @workers WHERE worker_id = ?', workerId),
    ]);
    const [worker] = workers;
    if (worker === undefined) return null;
    return {
      writes: [
        statement('UPDATE @runs SET owner = NULL, ready = 1 WHERE owner = ?', worker.id),
        MOVE_FENCE,
        statement('DELETE FROM @workers WHERE id = ?', worker.id),
      ],
      reads: [],
      result: () => true,
      fence: null,
    };
  });
}

export async function listWorkers(send: Send): Promise<WorkerRecord[]> {
  const rows = await one(send, statement('SELECT * FROM @workers ORDER BY id'));
  return rows.map((row) => toWorker(row as never));
}
