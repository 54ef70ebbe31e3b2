import {
  messageOf,
  PyWorkflowError,
  StoreError,
  StoreUnavailableError,
} from '../../core/errors.ts';
import { codeOf } from './files.ts';

const ADVICE: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOSPC: ['The disk of the store is full', 'Free some space; nothing acknowledged is lost.'],
  EDQUOT: ['The disk quota is used up', 'Free some space; nothing acknowledged is lost.'],
  EACCES: ['The store cannot be written', 'Give this user the right to write the folder.'],
  EPERM: ['The store cannot be written', 'Give this user the right to write the folder.'],
  EROFS: ['The store cannot be written', 'It lies on a file system that can only be read.'],
  ENOTDIR: ['The store is no folder', 'Check the path: storage.path, or --storage-path.'],
  EEXIST: ['The store is no folder', 'Check the path: storage.path, or --storage-path.'],
  ENOENT: ['A file of the store is gone', 'Has somebody tidied the folder? Restore a backup.'],
  EMFILE: ['Too many files are open', 'Raise the limit: ulimit -n'],
  ENFILE: ['Too many files are open', 'Raise the limit of the system.'],
  EIO: ['Reading or writing the store failed', 'Check the disk and the file system.'],
};

/** Turns what the file system throws into this package's errors, with what to do about it. */
export function translateFileError(error: unknown, path: string): unknown {
  if (PyWorkflowError.is(error)) return error;
  const code = codeOf(error);
  const advice = typeof code === 'string' ? ADVICE[code] : undefined;
  if (advice === undefined) {
    return new StoreError(`The store failed: ${messageOf(error)}: ${path}`, { cause: error });
  }
  const [what, hint] = advice;
  return new StoreUnavailableError(`${what}: ${path}`, { cause: error, hint });
}

/** @param where the file and the place in it */
export function damaged(where: string): StoreError {
  return new StoreError(`The store is damaged: ${where}`, {
    hint: 'Restore a backup. What lies in runs/ can be read without it.',
  });
}
