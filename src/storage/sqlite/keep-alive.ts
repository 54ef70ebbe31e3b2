import { Worker } from 'node:worker_threads';
import type { SqliteOptions } from './open-database.ts';

/**
 * Renews a worker's leases from a thread with its own connection: a step that computes for a minute
 * blocks this event loop, but its worker is alive. The thread starts only when the first renewal is
 * near, so that short-lived processes never pay for it.
 */
export function keepAlive(options: SqliteOptions, workerId: string, leaseMs: number): () => void {
  let thread: Worker | undefined;
  const every = Math.max(20, Math.floor(leaseMs / 3));
  const timer = setTimeout(
    () => {
      thread = new Worker(threadFile(), { workerData: { ...options, workerId, leaseMs, every } });
      // A worker whose thread fails loses its leases in time and is fenced: nothing to do here.
      thread.on('error', () => {});
      thread.unref();
    },
    Math.floor(every / 2),
  );
  timer.unref();
  return () => {
    clearTimeout(timer);
    void thread?.terminate();
  };
}

// Under a test runner this file is TypeScript, and a thread knows no loader: run what is built.
function threadFile(): URL {
  const built = import.meta.url.replace('/src/storage/', '/dist/storage/').replace(/\.ts$/, '.js');
  return new URL('./keep-alive-thread.js', built);
}
