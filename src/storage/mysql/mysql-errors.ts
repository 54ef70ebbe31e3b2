import {
  messageOf,
  PyWorkflowError,
  StoreError,
  StoreUnavailableError,
} from '../../core/errors.ts';
import type { Failure } from '../sql/server.ts';

const DUPLICATE = 1062;
const NOT_NULL = 1048;
/** Deadlock, a lock not got in time, a query that was killed: the transaction may be repeated. */
const TAKEN_BACK = new Set([1213, 1205, 1317, 1020]);
/** Too many connections, shutting down, killed, idle for too long. */
const SERVER_AWAY = new Set([1040, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 4031]);
const LOGIN = new Set([1044, 1045, 1130, 1142, 1251]);
const CONNECTION = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export function classify(error: unknown): Failure {
  const { code, errno } = partsOf(error);
  if (TAKEN_BACK.has(errno)) return 'again';
  if (errno === DUPLICATE) return 'duplicate';
  if (errno === NOT_NULL && messageOf(error).includes("'number'")) return 'refused';
  if (SERVER_AWAY.has(errno) || CONNECTION.has(code)) return 'gone';
  const closed =
    error instanceof Error && /closed state|connection.*(closed|lost)/i.test(error.message);
  return closed ? 'gone' : 'other';
}

/** Turns what the driver throws into this package's errors, with what to do about it. */
export function translateMysqlError(error: unknown, address: string): unknown {
  if (PyWorkflowError.is(error)) return error;
  const { errno } = partsOf(error);
  const options = { cause: error };
  const unavailable = (what: string, hint: string) =>
    new StoreUnavailableError(`${what}: ${address}`, { ...options, hint });
  if (errno === 1040) {
    return unavailable(
      'The database server has no connection left',
      'Raise its max_connections, or lower storage.pool_size.',
    );
  }
  const failure = classify(error);
  if (failure === 'gone' || failure === 'again') {
    return unavailable(
      `The database server cannot be reached (${messageOf(error)})`,
      'Is it running, and are host and port right? Nothing that was acknowledged is lost.',
    );
  }
  if (LOGIN.has(errno)) {
    return unavailable(
      'The database server refuses this user',
      'Check user, password and rights: storage.url, or storage.user and storage.password.',
    );
  }
  if (errno === 1049 || errno === 1046) {
    return unavailable('There is no such database', 'Create it, or name another one.');
  }
  if (errno === 1021 || errno === 1114 || errno === 1290) {
    return unavailable(
      `The database server cannot write (${messageOf(error)})`,
      'Nothing that was acknowledged is lost.',
    );
  }
  return new StoreError(`The database failed: ${messageOf(error)}: ${address}`, options);
}

export function errnoOf(error: unknown): number {
  return partsOf(error).errno;
}

function partsOf(error: unknown): { readonly code: string; readonly errno: number } {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    errno: typeof errno === 'number' ? errno : 0,
  };
}
