import { existsSync } from 'node:fs';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { openPostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { describeStore } from '../store.suite.ts';
import { testPostgres } from './postgres-server.ts';

const server = await testPostgres();
const thread = new URL('../../../dist/storage/postgres/keep-alive-thread.js', import.meta.url);

if (typeof server === 'string') {
  const required = process.env.PYWORKFLOW_REQUIRE_SERVICES === '1';
  test('store postgres', ({ skip }) => {
    expect(required, server).toBe(false);
    skip(server);
  });
} else {
  const { url, stop } = server;
  const admin = new pg.Client({ connectionString: `${url}/postgres` });
  await admin.connect();
  const database = `pyworkflow_test_${process.pid}_${Date.now()}`;
  await admin.query(`CREATE DATABASE ${database}`);
  const inDatabase = `${url}/${database}`;
  const owner = new pg.Client({ connectionString: inDatabase });
  await owner.connect();
  await owner.query(
    `CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
     AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$`,
  );
  afterAll(async () => {
    await owner.end();
    await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await admin.end();
    await stop();
  });

  // Making the tables costs more than most cases: what a case leaves behind is wiped off instead.
  const schemas = schemaPool(owner);
  const connect = (folder: string) => {
    const schema = schemas.of(folder);
    return openPostgresStore({ url: inDatabase, schema, poolSize: 4, patienceMs: 5000 });
  };

  /** A fault that is about to come or go. */
  let pending: Promise<unknown> = Promise.resolve();

  describeStore({
    name: 'postgres',
    async open(folder) {
      await schemas.take(folder);
      const store = await connect(folder);
      return {
        ...store,
        async commit(batch) {
          await pending;
          return store.commit(batch);
        },
        async close() {
          await store.close();
          schemas.giveBack(folder);
        },
      };
    },
    openSecond: connect,
    // A trigger fails in the middle of a transaction, after some of its rows have been written.
    failWrites(folder) {
      const table = `"${schemas.of(folder)}".history`;
      pending = owner.query(
        `CREATE TRIGGER fault BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION fault()`,
      );
      return () => {
        pending = owner.query(`DROP TRIGGER fault ON ${table}`);
      };
    },
    heartbeat: existsSync(thread) || { none: 'its thread runs only what is built: npm run build' },
  });
}

/** Schemas that were used by a case before, emptied for the next. */
function schemaPool(owner: pg.Client) {
  const taken = new Map<string, string>();
  const free: string[] = [];
  let made = 0;

  async function wipe(schema: string): Promise<void> {
    const { rows } = await owner.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'versions'`,
      [schema],
    );
    const tables = rows.map(({ name }) => `"${schema}"."${name}"`);
    const wiped = tables.map((table) => `DELETE FROM ${table};`).join(' ');
    const fence = `INSERT INTO "${schema}".meta (name, value) VALUES ('fence', 0)`;
    await owner.query(`BEGIN; ${wiped} ${fence}; COMMIT`);
  }

  return {
    of: (folder: string) => taken.get(folder) ?? 'unknown',
    async take(folder: string) {
      const used = free.pop();
      if (used !== undefined) await wipe(used);
      made += used === undefined ? 1 : 0;
      taken.set(folder, used ?? `case_${made}`);
    },
    giveBack(folder: string) {
      const schema = taken.get(folder);
      if (schema !== undefined && !free.includes(schema)) free.push(schema);
    },
  };
}
