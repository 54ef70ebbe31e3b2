import type pg from 'pg';
import type { Dialect, Send, Server } from '../sql/server.ts';
import { statement } from '../sql/server.ts';
import { retrying } from '../sql/transactor.ts';
import { createBell } from './bell.ts';
import { keepAlive } from './keep-alive.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { classify, isStatementLost, translatePostgresError } from './postgres-errors.ts';
import {
  addressOf,
  channelOf,
  connectionOptions,
  DEFAULT_SCHEMA,
  lockNumber,
  type PostgresOptions,
} from './postgres-options.ts';
import { createWire } from './postgres-send.ts';

const POOL_SIZE = 10;
/** bigint: our numbers are far from where a number of JavaScript ends. */
const INT8 = 20;

/** Connections to a PostgreSQL server; nothing is sent before the first use. */
export function createPostgresServer(driver: typeof pg, options: PostgresOptions): Server {
  const schema = options.schema ?? DEFAULT_SCHEMA;
  const address = addressOf(options);
  const wire = createWire(schema);
  const channel = channelOf(schema);
  const connect: pg.ClientConfig = {
    ...connectionOptions(options),
    types: {
      getTypeParser: ((oid: number, format?: 'text') =>
        oid === INT8 ? Number : driver.types.getTypeParser(oid, format)) as never,
    },
  };
  const pool = new driver.Pool({
    ...connect,
    ...({ pipeline: true } as object),
    max: options.poolSize ?? POOL_SIZE,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
  });
  // A connection that breaks says so by an event as well, and whoever uses it gets the error.
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));

  async function lend<T>(work: (send: Send) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      return await work((statements) => wire.send(client as never, statements));
    } catch (error) {
      if (isStatementLost(error)) wire.stopPreparing();
      broken = await takeBack(client, error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  const dialect: Dialect = postgresDialect(lockNumber(schema, 'fence'));
  const server: Server = {
    dialect,
    address,
    lend,
    classify,
    translate: (error) => translatePostgresError(error, address),
    ring: () => bell.ring(),
    listen: (onRing) => bell.listen(onRing),
    keepAlive: (workerId, leaseMs) => keepAlive(options, workerId, leaseMs),
    async close() {
      bell.close();
      await pool.end();
    },
  };
  const notify = (payload: string) =>
    retrying(server, 0, (send) => send([statement('SELECT pg_notify(?, ?)', channel, payload)]));
  const bell = createBell(() => new driver.Client(connect), channel, notify);
  return server;
}

/** Undefined if the connection is good for further use. */
async function takeBack(client: pg.PoolClient, error: unknown): Promise<Error | undefined> {
  if (classify(error) === 'gone') return error as Error;
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (failure) {
    return failure as Error;
  }
}
