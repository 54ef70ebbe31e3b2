import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, vi } from 'vitest';
import { openDynamoStore } from '../../../src/storage/dynamodb/dynamodb-store.ts';
import { describeStore } from '../store.suite.ts';
import { pretendCredentials, startDynamo, WRITES } from './dynamodb-server.ts';

// Ten thousand runs are ten thousand requests to a server in this very process.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
pretendCredentials();
const server = await startDynamo();
afterAll(() => server.close());

const { endpoint } = server;
const connect = (folder: string) => openDynamoStore({ tableName: basename(folder), endpoint });
const thread = new URL('../../../dist/storage/dynamodb/keep-alive-thread.js', import.meta.url);

describeStore({
  name: 'dynamodb',
  open: connect,
  openSecond: connect,
  failWrites(folder) {
    const table = basename(folder);
    return server.meddle(({ operation, body }) => {
      const isHere = body.TableName === table || body.RequestItems?.[table] !== undefined;
      return isHere && WRITES.includes(operation) ? { refuse: 'AccessDeniedException' } : undefined;
    });
  },
  heartbeat: existsSync(thread) || { none: 'its thread runs only what is built: npm run build' },
});
