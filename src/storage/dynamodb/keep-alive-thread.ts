import { workerData } from 'node:worker_threads';
import { createDriverClient, type DynamoOptions, loadDriver } from './driver.ts';
import { createWire } from './wire.ts';
import { renew } from './workers.ts';

/** Entry of the heartbeat thread (keep-alive.ts starts it). */
const { options, workerId, leaseMs, every } = workerData as {
  options: DynamoOptions;
  workerId: string;
  leaseMs: number;
  every: number;
};

const driver = await loadDriver();
const wire = createWire(driver, createDriverClient(driver, options), options.tableName);

async function beat(): Promise<void> {
  try {
    await renew(wire, workerId, Date.now() + leaseMs);
  } catch {
    // Throttled or out of reach for a moment: the next beat tries again.
  }
}

setInterval(() => void beat(), every);
await beat();
