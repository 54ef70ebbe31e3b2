import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  open,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

/** The file system as the store uses it. Tests put one in its place that fails. */
export interface Files {
  readonly open: (path: string, flags: 'r' | 'r+' | 'wx') => number;
  readonly close: (fd: number) => void;
  readonly size: (fd: number) => number;
  /** Fills `buffer` from there, as far as the file goes; how many bytes that were. */
  readonly read: (fd: number, buffer: Buffer, position: number) => number;
  /** All of it; a disk may take a part and fail. At the end of the file if no position is given. */
  readonly write: (fd: number, bytes: Buffer, position?: number) => void;
  readonly truncate: (fd: number, length: number) => void;
  /** The content and the length, not the times. */
  readonly flush: (fd: number) => void;
  /** Makes the names in a folder last. */
  readonly flushFolder: (path: string) => void;
  /** @throws EEXIST if the name is taken: of several who link, one wins. */
  readonly link: (from: string, to: string) => void;
  readonly rename: (from: string, to: string) => void;
  readonly remove: (path: string) => void;
  readonly exists: (path: string) => boolean;
  /** Milliseconds since the epoch, of the last change; null if there is no such file. */
  readonly changedAt: (path: string) => number | null;
  readonly makeFolder: (path: string) => void;
  readonly list: (path: string) => string[];
  readonly readText: (path: string) => string;
  /** Identifies the folder whatever its name is. */
  readonly identity: (path: string) => string;
  /**
   * To read and to write, and makes the file if there is none; off this thread, since making a file
   * may take its time.
   */
  readonly openAside: (path: string) => Promise<number>;
  /** As `flush`, off this thread. */
  readonly flushAside: (fd: number) => Promise<void>;
}

export interface FilePart {
  readonly bytes: Buffer;
  readonly position: number;
}

const openLater = promisify(open);
const READ_WRITE = constants.O_RDWR | constants.O_CREAT;

export const nodeFiles: Files = {
  open: (path, flags) => openSync(path, flags),
  close: closeSync,
  size: (fd) => fstatSync(fd).size,
  read(fd, buffer, position) {
    let done = 0;
    while (done < buffer.length) {
      const count = readSync(fd, buffer, done, buffer.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  },
  write(fd, bytes, position) {
    let done = 0;
    while (done < bytes.length) {
      const at = position === undefined ? null : position + done;
      done += writeSync(fd, bytes, done, bytes.length - done, at);
    }
  },
  truncate: ftruncateSync,
  flush: fdatasyncSync,
  flushFolder(path) {
    // Windows knows no such thing; its names last by themselves.
    if (process.platform === 'win32') return;
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  link: linkSync,
  rename: renameSync,
  remove: unlinkSync,
  exists: existsSync,
  changedAt: (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null,
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
  list: (path) => readdirSync(path),
  readText: (path) => readFileSync(path, 'utf8'),
  identity(path) {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  },
  openAside: (path) => openLater(path, READ_WRITE),
  flushAside: promisify(fdatasync),
};

/** What is in the file from there on, or as much as there is of `length` bytes of it. */
export function readBytes(files: Files, fd: number, position: number, length?: number): Buffer {
  const wanted = length ?? Math.max(0, files.size(fd) - position);
  const buffer = Buffer.allocUnsafe(wanted);
  return buffer.subarray(0, files.read(fd, buffer, position));
}

/** All of a file, or null if there is none. */
export function readWhole(files: Files, path: string): Buffer | null {
  const fd = openIfThere(files, path);
  if (fd === null) return null;
  try {
    return readBytes(files, fd, 0);
  } finally {
    files.close(fd);
  }
}

export function openIfThere(files: Files, path: string): number | null {
  try {
    return files.open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

export function removeIfThere(files: Files, path: string): boolean {
  try {
    files.remove(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Writes a file under a name of its own and flushes it; `publish` gives it the name it is for. */
export function writeNew(files: Files, path: string, bytes: Buffer): void {
  const fd = files.open(path, 'wx');
  try {
    files.write(fd, bytes);
    files.flush(fd);
  } catch (error) {
    files.close(fd);
    removeIfThere(files, path);
    throw error;
  }
  files.close(fd);
}

/** Opens the file, or makes it and, if need be, its folder. */
export async function openInFolder(files: Files, path: string, folder: string): Promise<number> {
  try {
    return await files.openAside(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    files.makeFolder(folder);
    return files.openAside(path);
  }
}
