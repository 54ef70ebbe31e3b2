import type { Pool, PoolConnection } from 'mysql2/promise';
import type { Parameter, Row, Send, Server, Statement } from '../sql/server.ts';
import { fromStored, toStored } from '../sql/text.ts';
import { keepAlive } from './keep-alive.ts';
import { MYSQL_DIALECT } from './mysql-dialect.ts';
import { classify, translateMysqlError } from './mysql-errors.ts';
import { addressOf, connectionOptions, type MysqlOptions } from './mysql-options.ts';

export type Driver = typeof import('mysql2/promise');

const POOL_SIZE = 10;

/**
 * Every session: statements that see what is committed; waiting for a lock ends; and a process that
 * stops in the middle of a transaction loses it. (Idle connections are closed before that, here.)
 */
const SESSION = `
  SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
  SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
    innodb_lock_wait_timeout = 10, wait_timeout = 30`;
const IDLE_MS = 10_000;

/** Connections to a MySQL or MariaDB server; nothing is sent before the first use. */
export function createMysqlServer(driver: Driver, options: MysqlOptions): Server {
  const address = addressOf(options);
  const pool: Pool = driver.createPool({
    ...connectionOptions(options),
    connectionLimit: options.poolSize ?? POOL_SIZE,
    idleTimeout: IDLE_MS,
  });
  // Queued before everything else that the connection will do.
  pool.pool.on('connection', (connection) => {
    connection.on('error', () => {});
    connection.query(SESSION, () => {});
  });

  async function lend<T>(work: (send: Send) => Promise<T>): Promise<T> {
    const connection = await pool.getConnection();
    let broken = false;
    try {
      return await work((statements) => send(driver, connection, statements));
    } catch (error) {
      broken = !(await takeBack(connection, error));
      throw error;
    } finally {
      if (broken) connection.destroy();
      else connection.release();
    }
  }

  return {
    dialect: MYSQL_DIALECT,
    address,
    lend,
    classify,
    translate: (error) => translateMysqlError(error, address),
    // It has no doorbell: the counter of changes is polled.
    ring() {},
    listen: () => ({ isSure: () => false, stop() {} }),
    keepAlive: (workerId, leaseMs) => keepAlive(options, workerId, leaseMs),
    close: () => pool.end(),
  };
}

/** True if the connection is good for further use. */
async function takeBack(connection: PoolConnection, error: unknown): Promise<boolean> {
  if (classify(error) === 'gone') return false;
  return connection.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

async function send(
  driver: Driver,
  connection: PoolConnection,
  statements: readonly Statement[],
): Promise<readonly (readonly Row[])[]> {
  const texts = statements.map(({ text, values }) =>
    driver.format(tables(text), values.map(toWire) as never[]),
  );
  const [answer] = await connection.query(texts.join(';\n')).catch((error) => {
    // The driver puts the whole text into its errors, payloads and all.
    if (error instanceof Error) delete (error as { sql?: string }).sql;
    throw error;
  });
  const answers = statements.length === 1 ? [answer] : (answer as unknown[]);
  // What is no list of rows says how many were changed.
  return answers.map((rows) => (Array.isArray(rows) ? rows.map(fromWire) : []));
}

const named = new Map<string, string>();

/** The database may be shared with an application. */
function tables(text: string): string {
  let found = named.get(text);
  if (found === undefined) {
    found = text.replaceAll(/@(\w+)/g, (_, table: string) => `pyworkflow_${table}`);
    named.set(text, found);
  }
  return found;
}

function toWire(value: Parameter): unknown {
  if (typeof value === 'string') return toStored(value);
  if (!Array.isArray(value)) return value;
  if (value.length === 0) return [null];
  return value.map((one) => (typeof one === 'string' ? toStored(one) : one));
}

function fromWire(row: Record<string, unknown>): Row {
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'string') row[name] = fromStored(value);
  }
  return row;
}
