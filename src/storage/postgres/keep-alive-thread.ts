import { workerData } from 'node:worker_threads';
import pg from 'pg';
import {
  connectionOptions,
  DEFAULT_SCHEMA,
  type PostgresOptions,
  quoted,
} from './postgres-options.ts';

/** Entry of the heartbeat thread (keep-alive.ts starts it). */
const { options, workerId, leaseMs, every } = workerData as {
  options: PostgresOptions;
  workerId: string;
  leaseMs: number;
  every: number;
};
const table = `${quoted(options.schema ?? DEFAULT_SCHEMA)}."workers"`;
const renew = `UPDATE ${table} SET expires_at = $1 WHERE worker_id = $2`;
let client: pg.Client | null = null;
let beating = false;

async function beat(): Promise<void> {
  if (beating) return;
  beating = true;
  try {
    client ??= await connect();
    await client.query(renew, [Date.now() + leaseMs, workerId]);
  } catch {
    // The server is away for a moment: the next beat tries again, on a new connection.
    client?.end().catch(() => {});
    client = null;
  }
  beating = false;
}

async function connect(): Promise<pg.Client> {
  const opened = new pg.Client({ ...connectionOptions(options), query_timeout: leaseMs });
  opened.on('error', () => {
    client = null;
  });
  await opened.connect();
  return opened;
}

setInterval(beat, every);
void beat();
