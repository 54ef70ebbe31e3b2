import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { describeStore } from '../store.suite.ts';

const pathIn = (folder: string) => join(folder, 'store.db');
const open = (folder: string) => openSqliteStore({ path: pathIn(folder), durability: 'full' });

describeStore({
  name: 'sqlite',
  open,
  openSecond: open,
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
});
