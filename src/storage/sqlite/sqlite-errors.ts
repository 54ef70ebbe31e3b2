import {
  messageOf,
  PyWorkflowError,
  StoreError,
  StoreUnavailableError,
} from '../../core/errors.ts';

/** Turns what the driver throws into this package's errors, with what to do about it. */
export function translateSqliteError(error: unknown, path: string): unknown {
  if (PyWorkflowError.is(error)) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const text = typeof code === 'string' ? code : '';
  const options = { cause: error };
  const unavailable = (what: string, hint: string) =>
    new StoreUnavailableError(`${what}: ${path}`, { ...options, hint });

  if (isBusy(error)) {
    return unavailable(
      'The database is locked by another process',
      'Try again, or look for a process that holds a long transaction on it.',
    );
  }
  if (text.startsWith('SQLITE_FULL') || text === 'ENOSPC') {
    return unavailable(
      'The disk of the database is full',
      'Free some space; nothing that was acknowledged is lost.',
    );
  }
  if (
    text.startsWith('SQLITE_READONLY') ||
    text === 'EACCES' ||
    text === 'EPERM' ||
    text === 'EROFS'
  ) {
    return unavailable(
      'The database cannot be written',
      'Give this user the right to write the file and its folder.',
    );
  }
  if (
    text.startsWith('SQLITE_CANTOPEN') ||
    text === 'ENOTDIR' ||
    text === 'ENOENT' ||
    text === 'EEXIST' ||
    text === 'EISDIR'
  ) {
    return unavailable(
      'The database cannot be opened',
      'Check the path: storage.path in pyworkflow.config.yaml, or --storage-path.',
    );
  }
  if (text.startsWith('SQLITE_IOERR')) {
    return unavailable(
      'Reading or writing the database failed',
      'Check the disk and the file system.',
    );
  }
  if (text.startsWith('SQLITE_NOTADB')) {
    return new StoreError(`This is no SQLite database: ${path}`, {
      ...options,
      hint: 'Point storage.path to another file.',
    });
  }
  if (text.startsWith('SQLITE_CORRUPT')) {
    return new StoreError(`The database is damaged: ${path}`, {
      ...options,
      hint: `Restore a backup, or salvage it with: sqlite3 ${path} .recover`,
    });
  }
  return new StoreError(`The database failed: ${messageOf(error)}: ${path}`, options);
}

/** Another connection holds the write lock: worth trying again. */
export function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return (
    typeof code === 'string' && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
  );
}
