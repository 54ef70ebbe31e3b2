import { MissingDependencyError, StoreError, StoreTooNewError } from '../../core/errors.ts';
import { PATIENCE_MS } from '../sql/backoff.ts';
import { migrations } from '../sql/schema.ts';
import { type Send, type Server, statement } from '../sql/server.ts';
import { createSqlStore } from '../sql/sql-store.ts';
import { retrying } from '../sql/transactor.ts';
import type { Store } from '../store.ts';
import { mysqlTypes } from './mysql-dialect.ts';
import { errnoOf } from './mysql-errors.ts';
import type { MysqlOptions } from './mysql-options.ts';
import { createMysqlServer, type Driver } from './mysql-server.ts';

/**
 * The store on a MySQL (8.0.17 or newer) or MariaDB (10.6 or newer) server, for any number of
 * processes anywhere. Its tables begin with `pyworkflow_`.
 * @throws MissingDependencyError, StoreUnavailableError (no server, login refused, no such database,
 *   missing rights), StoreTooNewError, StoreError (an older server)
 */
export async function openMysqlStore(options: MysqlOptions): Promise<Store> {
  const server = createMysqlServer(await loadDriver(), options);
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  try {
    await retrying(server, patienceMs, (send) => prepare(send, server));
    return createSqlStore(server, patienceMs);
  } catch (error) {
    await server.close();
    throw server.translate(error);
  }
}

/** One process at a time; in the middle of it the server may stop, so each step may be there already. */
async function prepare(send: Send, server: Server): Promise<void> {
  const { address } = server;
  const [[row] = []] = await send([statement('SELECT VERSION() AS version, DATABASE() AS name')]);
  if (row?.name === null) {
    throw new StoreError(`No database is named: ${address}`, {
      hint: 'Name it in storage.url (mysql://host/database) or storage.database.',
    });
  }
  const isMariaDb = /mariadb/i.test(row?.version);
  assertRecent(row?.version, isMariaDb, address);
  const known = migrations(mysqlTypes(isMariaDb));
  if ((await versionOf(send)) === known.length) return;
  const lock = `pyworkflow schema ${row?.name}`.slice(0, 64);
  await send([statement('SELECT GET_LOCK(?, 30)', lock)]);
  await send([
    statement('CREATE TABLE IF NOT EXISTS @versions (version BIGINT NOT NULL PRIMARY KEY)'),
  ]);
  const version = (await versionOf(send)) ?? 0;
  if (version > known.length) {
    throw new StoreTooNewError(`The database ${address}`, version, known.length);
  }
  for (let from = version; from < known.length; from++) {
    for (const text of known[from] ?? []) await step(send, text);
    await send([statement('INSERT INTO @versions (version) VALUES (?)', from + 1)]);
  }
  await send([statement('SELECT RELEASE_LOCK(?)', lock)]);
}

/** There is the table, the column, the index, the row already. */
const THERE_ALREADY = [1050, 1060, 1061, 1062];
const NO_SUCH_TABLE = 1146;

async function step(send: Send, text: string): Promise<void> {
  try {
    await send([statement(text)]);
  } catch (error) {
    if (!THERE_ALREADY.includes(errnoOf(error))) throw error;
  }
}

async function versionOf(send: Send): Promise<number | null> {
  try {
    const [rows = []] = await send([statement('SELECT max(version) AS version FROM @versions')]);
    return rows[0]?.version ?? 0;
  } catch (error) {
    if (errnoOf(error) === NO_SUCH_TABLE) return null;
    throw error;
  }
}

/** SKIP LOCKED, JSON_TABLE, and text that is compared to its last byte. */
function assertRecent(version: string, isMariaDb: boolean, address: string): void {
  const [major = 0, minor = 0, patch = 0] = (version.match(/\d+/g) ?? []).map(Number);
  const number = major * 1_000_000 + minor * 1000 + patch;
  if (number >= (isMariaDb ? 10_006_000 : 8_000_017)) return;
  throw new StoreError(`The server at ${address} is ${version}, which is too old`, {
    hint: 'MySQL 8.0.17 or MariaDB 10.6 is needed.',
  });
}

async function loadDriver(): Promise<Driver> {
  try {
    return await import('mysql2/promise');
  } catch (cause) {
    throw new MissingDependencyError('mysql2', 'The mysql store', cause);
  }
}
