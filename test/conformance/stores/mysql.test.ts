import { existsSync } from 'node:fs';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, expect, test } from 'vitest';
import { openMysqlStore } from '../../../src/storage/mysql/mysql-store.ts';
import { describeStore } from '../store.suite.ts';

const SERVER = process.env.PYWORKFLOW_TEST_MYSQL ?? 'mysql://root@127.0.0.1:3306';
const thread = new URL('../../../dist/storage/mysql/keep-alive-thread.js', import.meta.url);

const admin = await mysql
  .createConnection({ uri: `${SERVER}/mysql`, multipleStatements: true, connectTimeout: 2000 })
  .catch((error: Error) => `no MySQL or MariaDB at ${SERVER}: ${error.message}`);

if (typeof admin === 'string') {
  const required = process.env.PYWORKFLOW_REQUIRE_SERVICES === '1';
  test('store mysql', ({ skip }) => {
    expect(required, admin).toBe(false);
    skip(admin);
  });
} else {
  const databases = databasePool(admin);
  afterAll(async () => {
    await databases.drop();
    await admin.end();
  });
  const connect = (folder: string) =>
    openMysqlStore({
      url: `${SERVER}/${databases.of(folder)}`,
      poolSize: 4,
      patienceMs: 5000,
    });

  /** A fault that is about to come or go. */
  let pending: Promise<unknown> = Promise.resolve();

  describeStore({
    name: 'mysql',
    async open(folder) {
      await databases.take(folder);
      const store = await connect(folder);
      return {
        ...store,
        async commit(batch) {
          await pending;
          return store.commit(batch);
        },
        async close() {
          await store.close();
          databases.giveBack(folder);
        },
      };
    },
    openSecond: connect,
    // A trigger fails in the middle of a transaction, after some of its rows have been written.
    failWrites(folder) {
      const database = databases.of(folder);
      pending = admin.query(
        `CREATE TRIGGER ${database}.fault BEFORE INSERT ON ${database}.pyworkflow_history FOR EACH ROW
           SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'fault'`,
      );
      return () => {
        pending = admin.query(`DROP TRIGGER ${database}.fault`);
      };
    },
    heartbeat: existsSync(thread) || { none: 'its thread runs only what is built: npm run build' },
  });
}

/** Databases that were used by a case before, emptied for the next: making them costs too much. */
function databasePool(connection: Connection) {
  const taken = new Map<string, string>();
  const free: string[] = [];
  const made: string[] = [];

  async function wipe(database: string): Promise<void> {
    const [rows] = await connection.query('SHOW TABLES FROM ??', [database]);
    const tables = (rows as object[])
      .map((row) => `${database}.${Object.values(row)[0]}`)
      .filter((table) => !table.endsWith('_versions'));
    const fence = `INSERT INTO ${database}.pyworkflow_meta (name, value) VALUES ('fence', 0)`;
    const wiped = tables.map((table) => `DELETE FROM ${table}`);
    await connection.query(['BEGIN', ...wiped, fence, 'COMMIT'].join('; '));
  }

  return {
    of: (folder: string) => taken.get(folder) ?? 'unknown',
    async take(folder: string) {
      let database = free.pop();
      if (database === undefined) {
        database = `pyworkflow_test_${process.pid}_${Date.now()}_${made.length}`;
        await connection.query('CREATE DATABASE ??', [database]);
        made.push(database);
      } else await wipe(database);
      taken.set(folder, database);
    },
    giveBack(folder: string) {
      const database = taken.get(folder);
      if (database !== undefined && !free.includes(database)) free.push(database);
    },
    async drop() {
      for (const database of made) await connection.query('DROP DATABASE ??', [database]);
    },
  };
}
