import mysql from 'mysql2/promise';
import pg from 'pg';

/** Database servers that are measured where they run; child processes know them by their number. */
export const SERVERS = ['postgres', 'mysql'] as const;
export type ServerName = (typeof SERVERS)[number];

const URLS: Readonly<Record<ServerName, string>> = {
  postgres: process.env.PYWORKFLOW_BENCH_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432',
  mysql: process.env.PYWORKFLOW_BENCH_MYSQL ?? 'mysql://root@127.0.0.1:3306',
};
const DATABASE = 'pyworkflow_bench';

export async function reachableServers(): Promise<ServerName[]> {
  const found = await Promise.all(
    SERVERS.map((name) =>
      administer(name, []).then(
        () => [name],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/** An empty database; returns its URL. */
export async function freshDatabase(name: ServerName): Promise<string> {
  await administer(name, [`DROP DATABASE IF EXISTS ${DATABASE}`, `CREATE DATABASE ${DATABASE}`]);
  return `${URLS[name]}/${DATABASE}`;
}

export async function dropDatabase(name: ServerName): Promise<void> {
  await administer(name, [`DROP DATABASE IF EXISTS ${DATABASE}`]);
}

async function administer(name: ServerName, statements: readonly string[]): Promise<void> {
  if (name === 'postgres') {
    const client = new pg.Client({ connectionString: `${URLS.postgres}/postgres` });
    await client.connect();
    for (const text of statements) await client.query(text);
    await client.end();
  } else {
    const connection = await mysql.createConnection(`${URLS.mysql}/mysql`);
    for (const text of statements) await connection.query(text);
    await connection.end();
  }
}
