import { workerData } from 'node:worker_threads';
import mysql, { type Connection } from 'mysql2/promise';
import { connectionOptions, type MysqlOptions } from './mysql-options.ts';

/** Entry of the heartbeat thread (keep-alive.ts starts it). */
const { options, workerId, leaseMs, every } = workerData as {
  options: MysqlOptions;
  workerId: string;
  leaseMs: number;
  every: number;
};
const renew = 'UPDATE pyworkflow_workers SET expires_at = ? WHERE worker_id = ?';
let connection: Connection | null = null;
let beating = false;

async function beat(): Promise<void> {
  if (beating) return;
  beating = true;
  try {
    connection ??= await connect();
    await connection.query(renew, [Date.now() + leaseMs, workerId]);
  } catch {
    // The server is away for a moment: the next beat tries again, on a new connection.
    connection?.destroy();
    connection = null;
  }
  beating = false;
}

async function connect(): Promise<Connection> {
  const opened = await mysql.createConnection(connectionOptions(options));
  opened.on('error', () => {
    connection = null;
  });
  return opened;
}

setInterval(beat, every);
void beat();
