import { createHash } from 'node:crypto';

export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database?sslmode=require`; or the parts below. */
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  /** Made if it is missing. Default: pyworkflow. */
  readonly schema?: string | undefined;
  /** Connections at most. Default: 10. */
  readonly poolSize?: number | undefined;
  /** How long an access waits for a server that cannot be reached, milliseconds. */
  readonly patienceMs?: number | undefined;
}

export const DEFAULT_SCHEMA = 'pyworkflow';

/** What the driver is given to connect. */
export function connectionOptions(options: PostgresOptions) {
  const { url, host, port, user, password, database } = options;
  const parts = { host, port, user, password, database };
  const given = Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  );
  return {
    ...(url === undefined ? {} : { connectionString: url }),
    ...given,
    application_name: 'pyworkflow',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  };
}

/** For people and without secrets: `postgres me@host:5432/orders`. */
export function addressOf(options: PostgresOptions): string {
  const from = options.url === undefined ? null : parse(options.url);
  const user = options.user ?? from?.user ?? '';
  const host = options.host ?? from?.host ?? process.env.PGHOST ?? 'localhost';
  const port = options.port ?? from?.port ?? process.env.PGPORT ?? 5432;
  const database = options.database ?? from?.database ?? '';
  const schema = options.schema ?? DEFAULT_SCHEMA;
  const place = `${user === '' ? '' : `${user}@`}${host}:${port}/${database}`;
  return `postgres ${place}${schema === DEFAULT_SCHEMA ? '' : ` (schema ${schema})`}`;
}

function parse(url: string) {
  try {
    const { username, hostname, port, pathname, searchParams } = new URL(url);
    const host = hostname === '' ? searchParams.get('host') : hostname;
    return {
      user: decodeURIComponent(username),
      host: host ?? 'localhost',
      port: port === '' ? 5432 : Number(port),
      database: decodeURIComponent(pathname.slice(1)),
    };
  } catch {
    return null;
  }
}

/** As an identifier in SQL text. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A number that stands for something in this schema, for advisory locks. */
export function lockNumber(schema: string, what: string): number {
  const digest = createHash('sha256').update(`pyworkflow ${what} ${schema}`).digest();
  return digest.readUIntBE(0, 6);
}

/** Of the doorbell. */
export function channelOf(schema: string): string {
  return `pyworkflow_${lockNumber(schema, 'bell').toString(16)}`;
}
