import { join } from 'node:path';

/** Where an engine's database lies: the default place, so that the command line finds it too. */
export function databaseOf(folder: string): string {
  return join(folder, 'pyworkflow_data', 'pyworkflow.db');
}

/**
 * The engine as its users have it: the compiled package through its public API, full durability.
 * Imported on demand, so that the bare loop's process does not carry it.
 */
export async function openEngine(folder: string, worker: { concurrency?: number } = {}) {
  const pyworkflow = await import('pyworkflow');
  const client = await pyworkflow.createClient({
    storage: { backend: 'sqlite', path: databaseOf(folder), durability: 'full' },
    worker,
  });
  return { ...pyworkflow, client };
}
