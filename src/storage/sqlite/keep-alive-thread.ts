import { workerData } from 'node:worker_threads';
import { openDatabase, type SqliteOptions } from './open-database.ts';

/** Entry of the heartbeat thread (keep-alive.ts starts it). */
const { path, durability, workerId, leaseMs, every } = workerData as SqliteOptions & {
  workerId: string;
  leaseMs: number;
  every: number;
};

const db = await openDatabase({ path, durability });
const renew = db.prepare('UPDATE workers SET expires_at = ? WHERE worker_id = ?');

function beat(): void {
  try {
    renew.run(Date.now() + leaseMs, workerId);
  } catch {
    // Busy, or a disk that is full for a moment: the next beat tries again.
  }
}

setInterval(beat, every);
beat();
