import type { Executor } from '../executor/executor.ts';
import type { WorkersClient } from './client.ts';

export function createWorkersClient({ store, clock }: Executor): WorkersClient {
  return {
    async list() {
      const now = clock.now();
      const workers = await store.listWorkers();
      return workers.map(({ workerId, name, host, pid, startedAt, expiresAt }) => {
        return { workerId, name, host, pid, startedAt, expiresAt, isAlive: expiresAt > now };
      });
    },
  };
}
