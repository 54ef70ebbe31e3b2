import {
  messageOf,
  PyWorkflowError,
  StoreError,
  StoreUnavailableError,
} from '../../core/errors.ts';
import type { Failure } from '../sql/server.ts';

/** Deadlock, serialization, a lock not got in time: the transaction is gone, and may be repeated. */
const TAKEN_BACK = new Set(['40P01', '40001', '55P03', '25P03']);
/** Of a pooler that hands each transaction to another session. */
const STATEMENT_LOST = new Set(['26000', '42P05']);
/** Shut down, crashed, ended by an administrator, starting up, too many connections. */
const SERVER_AWAY = new Set(['57P01', '57P02', '57P03', '57P05', '53300']);
const CONNECTION = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
const LOST =
  /connection terminated|connection timeout|timeout expired|timeout exceeded|connection error|client was closed|not queryable|connection ended/i;

export function classify(error: unknown): Failure {
  const { code, column } = partsOf(error);
  if (TAKEN_BACK.has(code) || STATEMENT_LOST.has(code)) return 'again';
  if (code === '23505') return 'duplicate';
  if (code === '23502' && column === 'number') return 'refused';
  if (code.startsWith('08') || SERVER_AWAY.has(code) || CONNECTION.has(code)) return 'gone';
  return error instanceof Error && LOST.test(error.message) ? 'gone' : 'other';
}

export function isStatementLost(error: unknown): boolean {
  return STATEMENT_LOST.has(partsOf(error).code);
}

/** Turns what the driver throws into this package's errors, with what to do about it. */
export function translatePostgresError(error: unknown, address: string): unknown {
  if (PyWorkflowError.is(error)) return error;
  const { code } = partsOf(error);
  const options = { cause: error };
  const unavailable = (what: string, hint: string) =>
    new StoreUnavailableError(`${what}: ${address}`, { ...options, hint });
  if (code === '53300') {
    return unavailable(
      'The database server has no connection left',
      'Raise its max_connections, or lower storage.pool_size.',
    );
  }
  if (classify(error) === 'gone' || classify(error) === 'again') {
    return unavailable(
      `The database server cannot be reached (${messageOf(error)})`,
      'Is it running, and are host and port right? Nothing that was acknowledged is lost.',
    );
  }
  if (code.startsWith('28')) {
    return unavailable(
      'The database server refuses the login',
      'Check user and password: storage.url, or storage.user and storage.password.',
    );
  }
  if (code === '3D000') {
    return unavailable('There is no such database', 'Create it, or name another one.');
  }
  if (code === '42501') {
    return unavailable(
      'This user may not do that in the database',
      'It needs the right to create a schema, or to own the one named by storage.schema.',
    );
  }
  if (code.startsWith('53') || code === '25006' || code === '58030') {
    return unavailable(
      `The database server cannot write (${messageOf(error)})`,
      'Nothing that was acknowledged is lost.',
    );
  }
  return new StoreError(`The database failed: ${messageOf(error)}: ${address}`, options);
}

function partsOf(error: unknown): { readonly code: string; readonly column: string } {
  const { code, column } = (error ?? {}) as { code?: unknown; column?: unknown };
  return {
    code: typeof code === 'string' ? code : '',
    column: typeof column === 'string' ? column : '',
  };
}
