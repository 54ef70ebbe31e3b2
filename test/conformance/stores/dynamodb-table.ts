import { randomBytes } from 'node:crypto';
import { afterAll, onTestFinished, vi } from 'vitest';
import { openDynamoStore } from '../../../src/storage/dynamodb/dynamodb-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { type Meddler, pretendCredentials, startDynamo, WRITES } from './dynamodb-server.ts';

/** A server for a test file, and tables of their own for its tests. */
export async function dynamoTables() {
  vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
  pretendCredentials();
  const server = await startDynamo();
  afterAll(() => server.close());
  const { endpoint } = server;

  /** Until the test ends, or the returned function is called. */
  function meddle(meddler: Meddler): () => void {
    const stop = server.meddle(meddler);
    onTestFinished(stop);
    return stop;
  }

  return {
    endpoint,
    meddle,
    /** Connections to a table that is new. */
    table() {
      const tableName = `test-${randomBytes(6).toString('hex')}`;
      const open = async (): Promise<Store> => {
        const store = await openDynamoStore({ tableName, endpoint });
        onTestFinished(() => store.close());
        return store;
      };
      return { tableName, open };
    },
    /** From the nth write on, the process that makes them is as good as dead. */
    dieAt(nth: number): { stop: () => void; seen: () => number } {
      let writes = 0;
      const stop = meddle(({ operation }) => {
        if (WRITES.includes(operation)) writes += 1;
        return writes >= nth ? { refuse: 'AccessDeniedException' } : undefined;
      });
      return { stop, seen: () => writes };
    },
  };
}
