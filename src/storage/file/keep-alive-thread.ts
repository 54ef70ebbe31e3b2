import { renameSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** Entry of the heartbeat thread (keep-alive.ts starts it). */
const { path, leaseMs, every } = workerData as { path: string; leaseMs: number; every: number };

function beat(): void {
  try {
    // Whoever reads it finds the former text or this one, nothing in between.
    writeFileSync(`${path}.tmp`, JSON.stringify({ expiresAt: Date.now() + leaseMs }));
    renameSync(`${path}.tmp`, path);
  } catch {
    // A disk that is full for a moment: the next beat tries again.
  }
}

setInterval(beat, every);
beat();
