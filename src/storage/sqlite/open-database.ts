import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { MissingDependencyError, StoreError, StoreTooNewError } from '../../core/errors.ts';
import { outwait } from './outwait.ts';
import { MIGRATIONS } from './schema.ts';
import { translateSqliteError } from './sqlite-errors.ts';

export interface SqliteOptions {
  /** Of the database file; its folder is made if need be. `:memory:` for tests. */
  readonly path: string;
  /** `full`: a commit is on disk when it returns. `normal`: a power cut may lose the last moments. */
  readonly durability: 'full' | 'normal';
  /** How long an access waits for other processes before it gives up, milliseconds. */
  readonly patienceMs?: number;
}

export type SqliteDatabase = Database.Database;

/** The settings every connection uses, the benchmark's bare loop included. */
export function pragmas(
  durability: 'full' | 'normal',
  patienceMs: number = Number.POSITIVE_INFINITY,
): readonly [string, ...string[]] {
  return [
    // First, since the next one may have to wait. Another process's writer holds the lock for a
    // flush, not longer.
    `busy_timeout = ${Math.min(2000, patienceMs)}`,
    'journal_mode = WAL',
    `synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`,
    'temp_store = MEMORY',
    'cache_size = -16000',
    'wal_autocheckpoint = 4000',
  ];
}

/**
 * Opens the database and brings it to today's schema.
 * @throws StoreTooNewError, StoreError (not a database, damaged), StoreUnavailableError (no right
 *   to write, disk full), MissingDependencyError.
 */
export async function openDatabase(options: SqliteOptions): Promise<SqliteDatabase> {
  const Sqlite = await loadDriver();
  try {
    if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true });
    return await outwait(() => connect(Sqlite, options), options.patienceMs);
  } catch (error) {
    throw translateSqliteError(error, options.path);
  }
}

function connect(Sqlite: typeof Database, options: SqliteOptions): SqliteDatabase {
  const db = new Sqlite(options.path);
  try {
    const [timeout, ...settings] = pragmas(options.durability, options.patienceMs);
    db.pragma(timeout);
    // Before the next setting, which is written into the file.
    assertOurs(db, options.path);
    for (const setting of settings) db.pragma(setting);
    migrate(db, options.path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** `pywf`: by this number in its header a file is known to be a store. */
const APPLICATION_ID = 0x70797766;

/** Tables there have been since the first version, which did not write the number yet. */
const OUR_TABLES = ['history', 'inbox', 'meta', 'runs', 'workers'];

/** @throws StoreError if the file is the database of another application */
function assertOurs(db: SqliteDatabase, path: string): void {
  const look = db.transaction(() => {
    const names = db.prepare<[], string>('SELECT name FROM sqlite_schema').pluck().all();
    return { id: db.pragma('application_id', { simple: true }), names };
  });
  const { id, names } = look();
  if (id === APPLICATION_ID) return;
  const adoptable = names.length === 0 || OUR_TABLES.every((name) => names.includes(name));
  if (id === 0 && adoptable) return;
  throw new StoreError(`This is the database of another application: ${path}`, {
    hint: 'Point storage.path to another file; this one has not been touched.',
  });
}

function migrate(db: SqliteDatabase, path: string): void {
  const version = () => db.pragma('user_version', { simple: true }) as number;
  const known = MIGRATIONS.length;
  const steps = db.transaction(() => {
    // Another process may have done it while this one waited for the lock.
    for (let from = version(); from < known; from++) {
      db.exec(MIGRATIONS[from] ?? '');
      db.pragma(`user_version = ${from + 1}`);
    }
    db.pragma(`application_id = ${APPLICATION_ID}`);
  });
  if (version() < known) steps.immediate();
  if (version() > known) throw new StoreTooNewError(`The database ${path}`, version(), known);
}

async function loadDriver(): Promise<typeof Database> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (cause) {
    throw new MissingDependencyError('better-sqlite3', 'The sqlite store', cause);
  }
}
