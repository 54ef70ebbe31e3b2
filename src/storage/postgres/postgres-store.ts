import type pg from 'pg';
import { MissingDependencyError } from '../../core/errors.ts';
import { PATIENCE_MS } from '../sql/backoff.ts';
import { migrate } from '../sql/migrate.ts';
import { migrations } from '../sql/schema.ts';
import { type Send, type Server, statement } from '../sql/server.ts';
import { createSqlStore } from '../sql/sql-store.ts';
import { retrying } from '../sql/transactor.ts';
import type { Store } from '../store.ts';
import { POSTGRES_TYPES } from './postgres-dialect.ts';
import { DEFAULT_SCHEMA, lockNumber, type PostgresOptions, quoted } from './postgres-options.ts';
import { createPostgresServer } from './postgres-server.ts';

/**
 * The store on a PostgreSQL server (12 or newer), for any number of processes anywhere. It works
 * through a transaction pooler; changes of others are then noticed by polling.
 * @throws MissingDependencyError, StoreUnavailableError (no server, login refused, no such database,
 *   missing rights), StoreTooNewError
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const server = createPostgresServer(await loadDriver(), options);
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  try {
    await retrying(server, patienceMs, (send) => prepare(send, server, options));
    return createSqlStore(server, patienceMs);
  } catch (error) {
    await server.close();
    throw server.translate(error);
  }
}

async function prepare(send: Send, server: Server, options: PostgresOptions): Promise<void> {
  const schema = options.schema ?? DEFAULT_SCHEMA;
  const [found = []] = await send([
    statement(`SELECT to_regclass(?) IS NOT NULL AS ready`, `${quoted(schema)}."versions"`),
  ]);
  const version = 'SELECT max(version) AS version FROM @versions';
  const newest = migrations(POSTGRES_TYPES).length;
  if (found[0]?.ready === true) {
    const [rows = []] = await send([statement(version)]);
    if (rows[0]?.version === newest) return;
  }
  // One transaction for all of it, and one process at a time.
  await send([
    ...server.dialect.begin,
    statement(`SELECT pg_advisory_xact_lock(${lockNumber(schema, 'schema')})`),
    statement(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`),
  ]);
  const table = 'CREATE TABLE IF NOT EXISTS @versions (version bigint PRIMARY KEY)';
  await migrate(send, migrations(POSTGRES_TYPES), table, server.address);
  await send([statement('COMMIT')]);
}

async function loadDriver(): Promise<typeof pg> {
  try {
    return (await import('pg')).default;
  } catch (cause) {
    throw new MissingDependencyError('pg', 'The postgres store', cause);
  }
}
