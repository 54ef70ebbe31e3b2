import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll } from 'vitest';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { describeStore } from '../store.suite.ts';

const pathIn = (folder: string) => join(folder, 'store.db');
const connect = (folder: string) => openSqliteStore({ path: pathIn(folder), durability: 'full' });

// Migrating costs more than most cases: once is enough.
const template = mkdtempSync(join(tmpdir(), 'pyworkflow-template-'));
await (await connect(template)).close();
afterAll(() => rmSync(template, { recursive: true }));

const thread = new URL('../../../dist/storage/sqlite/keep-alive-thread.js', import.meta.url);

describeStore({
  name: 'sqlite',
  async open(folder) {
    copyFileSync(pathIn(template), pathIn(folder));
    return connect(folder);
  },
  openSecond: connect,
  // A trigger fails in the middle of a transaction, after some of its rows have been written.
  failWrites(folder) {
    const db = new Database(pathIn(folder));
    db.exec(
      `CREATE TRIGGER fault BEFORE INSERT ON history BEGIN SELECT raise(ABORT, 'fault'); END`,
    );
    return () => {
      db.exec('DROP TRIGGER fault');
      db.close();
    };
  },
  heartbeat: existsSync(thread) || { none: 'its thread runs only what is built: npm run build' },
});
