import { Worker } from 'node:worker_threads';
import type { DynamoOptions } from './driver.ts';

/**
 * Renews a worker's leases from a thread with its own connection: a step that computes for a minute
 * blocks this event loop, but its worker is alive.
 */
export function keepAlive(options: DynamoOptions, workerId: string, leaseMs: number): () => void {
  const every = Math.max(20, Math.floor(leaseMs / 3));
  const thread = new Worker(threadFile(), { workerData: { options, workerId, leaseMs, every } });
  // A worker whose thread fails loses its leases in time and is fenced: nothing to do here.
  thread.on('error', () => {});
  thread.unref();
  return () => void thread.terminate();
}

// Under a test runner this file is TypeScript, and a thread knows no loader: run what is built.
function threadFile(): URL {
  const built = import.meta.url.replace('/src/storage/', '/dist/storage/').replace(/\.ts$/, '.js');
  return new URL('./keep-alive-thread.js', built);
}
