import mysql from 'mysql2/promise';
import pg from 'pg';
import { openMysqlStore } from '../../src/storage/mysql/mysql-store.ts';
import { openPostgresStore } from '../../src/storage/postgres/postgres-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { testPostgres } from '../conformance/stores/postgres-server.ts';

/** A server with an empty database, and a way to break the connections of others. */
export interface SqlServer {
  readonly open: () => Promise<Store>;
  /** Ends every connection to the database but the test's own. Returns how many. */
  readonly breakConnections: () => Promise<number>;
  readonly count: (table: string) => Promise<number>;
  readonly close: () => Promise<void>;
}

const NAME = `pyworkflow_load_${process.pid}_${Date.now()}`;

/** The reason if there is none to be had. */
export async function postgresServer(): Promise<SqlServer | string> {
  const server = await testPostgres();
  if (typeof server === 'string') return server;
  const admin = new pg.Client({ connectionString: `${server.url}/postgres` });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${NAME}`);
  const url = `${server.url}/${NAME}`;
  return {
    open: () => openPostgresStore({ url, poolSize: 3 }),
    async breakConnections() {
      const { rowCount } = await admin.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
        [NAME],
      );
      return rowCount ?? 0;
    },
    async count(table) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query(`SELECT count(*)::int AS n FROM pyworkflow.${table}`);
      await client.end();
      return rows[0].n;
    },
    async close() {
      await admin.query(`DROP DATABASE ${NAME} WITH (FORCE)`);
      await admin.end();
      await server.stop();
    },
  };
}

/** The reason if there is none to be had. */
export async function mysqlServer(): Promise<SqlServer | string> {
  const server = process.env.PYWORKFLOW_TEST_MYSQL ?? 'mysql://root@127.0.0.1:3306';
  const admin = await mysql
    .createConnection({ uri: `${server}/mysql`, connectTimeout: 2000 })
    .catch((error: Error) => `no MySQL or MariaDB at ${server}: ${error.message}`);
  if (typeof admin === 'string') return admin;
  await admin.query(`CREATE DATABASE ${NAME}`);
  return {
    open: () => openMysqlStore({ url: `${server}/${NAME}`, poolSize: 3 }),
    async breakConnections() {
      const [rows] = await admin.query(
        'SELECT id FROM information_schema.processlist WHERE db = ?',
        [NAME],
      );
      const ids = (rows as { id: number }[]).map((row) => row.id);
      // One that has just ended is no failure.
      for (const id of ids) await admin.query(`KILL ${id}`).catch(() => {});
      return ids.length;
    },
    async count(table) {
      const [rows] = await admin.query(`SELECT count(*) AS n FROM ${NAME}.pyworkflow_${table}`);
      return (rows as { n: number }[])[0]!.n;
    },
    async close() {
      await admin.query(`DROP DATABASE ${NAME}`);
      await admin.end();
    },
  };
}
