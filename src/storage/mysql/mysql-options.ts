import type { PoolOptions } from 'mysql2';

export interface MysqlOptions {
  /** `mysql://user:password@host:3306/database?sslmode=verify-full`; or the parts below. */
  readonly url?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  /** Connections at most. Default: 10. */
  readonly poolSize?: number | undefined;
  /** How long an access waits for a server that cannot be reached, milliseconds. */
  readonly patienceMs?: number | undefined;
}

/** What the driver is given to connect. */
export function connectionOptions(options: MysqlOptions): PoolOptions {
  const { sslmode, ...fromUrl } = parse(options.url);
  const { host, port, user, password, database } = options;
  return {
    ...withoutGaps(fromUrl),
    ...withoutGaps({ host, port, user, password, database }),
    ...(sslmode === null || sslmode === 'disable'
      ? {}
      : { ssl: { rejectUnauthorized: sslmode.startsWith('verify') } }),
    charset: 'utf8mb4_bin',
    connectTimeout: 5000,
    // Several statements in one round trip; all values are escaped by the driver.
    multipleStatements: true,
    dateStrings: true,
  };
}

function withoutGaps(parts: object): PoolOptions {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

/** For people and without secrets: `mysql me@host:3306/orders`. */
export function addressOf(options: MysqlOptions): string {
  const from = parse(options.url);
  const user = options.user ?? from.user ?? '';
  const host = options.host ?? from.host ?? 'localhost';
  const port = options.port ?? from.port ?? 3306;
  const database = options.database ?? from.database ?? '';
  return `mysql ${user === '' ? '' : `${user}@`}${host}:${port}/${database}`;
}

function parse(url: string | undefined) {
  if (url === undefined) return { sslmode: null };
  const { username, password, hostname, port, pathname, searchParams } = new URL(url);
  const text = (value: string) => (value === '' ? undefined : decodeURIComponent(value));
  return {
    sslmode: searchParams.get('sslmode') ?? searchParams.get('ssl-mode')?.toLowerCase() ?? null,
    user: text(username),
    password: text(password),
    host: text(hostname),
    port: port === '' ? undefined : Number(port),
    database: text(pathname.slice(1)),
  };
}
