import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';

/** A folder of its own for one test, deleted after it, and what may be opened there. */
export interface SqliteFolder {
  readonly folder: string;
  readonly path: string;
  readonly inFolder: (name: string) => string;
  readonly open: (path?: string, patienceMs?: number) => Promise<Store>;
  /** A connection that is not ours, to get in the way. */
  readonly raw: () => Database.Database;
}

export function sqliteFolder(): SqliteFolder {
  const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const inFolder = (name: string) => join(folder, name);
  const path = inFolder('store.db');
  return {
    folder,
    path,
    inFolder,
    async open(file = path, patienceMs = 50) {
      const store = await openSqliteStore({ path: file, durability: 'full', patienceMs });
      onTestFinished(() => store.close());
      return store;
    },
    raw() {
      const db = new Database(path);
      onTestFinished(() => void db.close());
      return db;
    },
  };
}
