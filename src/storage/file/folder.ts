import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { StoreError, StoreTooNewError } from '../../core/errors.ts';
import { fileName, numbered, shardOf } from './file-names.ts';
import { codeOf, type Files, isMissing, removeIfThere, writeNew } from './files.ts';

/** Where everything lies in a store's folder. */
export interface Layout {
  readonly root: string;
  readonly journal: string;
  readonly locks: string;
  readonly checkpoints: string;
  readonly catalog: string;
  readonly runs: string;
  readonly segment: (number: number) => string;
  readonly lock: (segment: number) => string;
  /** There once a lock has been broken: nothing more is added to that segment. */
  readonly broken: (segment: number) => string;
  readonly checkpoint: (through: number) => string;
  readonly catalogLines: (number: number) => string;
  readonly catalogIndex: (number: number) => string;
  readonly logFolder: (runId: string) => string;
  readonly log: (runId: string) => string;
  readonly beat: (workerId: string) => string;
  /** Beside `path`, and nobody else's. */
  readonly temporary: (path: string) => string;
}

export function layoutOf(root: string): Layout {
  const inside = (...parts: string[]) => join(root, ...parts);
  return {
    root,
    journal: inside('journal'),
    locks: inside('locks'),
    checkpoints: inside('checkpoints'),
    catalog: inside('catalog'),
    runs: inside('runs'),
    segment: (number) => inside('journal', `${numbered(number)}.jsonl`),
    lock: (segment) => inside('locks', `${numbered(segment)}.lock`),
    broken: (segment) => inside('locks', `${numbered(segment)}.broken`),
    checkpoint: (through) => inside('checkpoints', `${numbered(through)}.jsonl`),
    catalogLines: (number) => inside('catalog', `${numbered(number)}.jsonl`),
    catalogIndex: (number) => inside('catalog', `${numbered(number)}.index.json`),
    logFolder: (runId) => inside('runs', shardOf(runId)),
    log: (runId) => inside('runs', shardOf(runId), `${fileName(runId)}.jsonl`),
    beat: (workerId) => inside('workers', `${fileName(workerId)}.json`),
    temporary: (path) => `${path}.${randomBytes(6).toString('hex')}.tmp`,
  };
}

const FOLDERS = ['journal', 'locks', 'checkpoints', 'catalog', 'runs', 'workers'];
const FORMAT = 'pyworkflow-file-store';
const VERSION = 1;

/**
 * Makes the folder a store, or makes sure that it is one.
 * @throws StoreError if it holds the files of another application, StoreTooNewError
 */
export function prepareFolder(files: Files, layout: Layout): void {
  files.makeFolder(layout.root);
  const mark = join(layout.root, 'store.json');
  if (!isMarked(files, mark)) {
    const foreign = files.list(layout.root).filter((name) => FOLDERS.includes(name));
    // Somebody may have marked it just now.
    if (foreign.length > 0 && !isMarked(files, mark)) throw notOurs(layout.root, foreign);
    const temporary = layout.temporary(mark);
    const text = JSON.stringify({ format: FORMAT, version: VERSION }, null, 2);
    writeNew(files, temporary, Buffer.from(`${text}\n`));
    publishFirst(files, temporary, mark);
  }
  for (const name of FOLDERS) files.makeFolder(join(layout.root, name));
  files.flushFolder(layout.root);
}

/** Gives a file its name unless there is one of that name, and says whether it did. */
export function publishFirst(files: Files, temporary: string, path: string): boolean {
  try {
    files.link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    removeIfThere(files, temporary);
  }
}

function isMarked(files: Files, mark: string): boolean {
  let text: string;
  try {
    text = files.readText(mark);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  let found: { format?: unknown; version?: unknown } | null = null;
  try {
    found = JSON.parse(text);
  } catch {}
  if (found?.format !== FORMAT || typeof found.version !== 'number') throw notOurs(mark, []);
  if (found.version > VERSION)
    throw new StoreTooNewError(`The store ${mark}`, found.version, VERSION);
  return true;
}

function notOurs(path: string, names: readonly string[]): StoreError {
  const what = names.length === 0 ? '' : ` (found: ${names.join(', ')})`;
  return new StoreError(`This holds the files of another application: ${path}${what}`, {
    hint: 'Point storage.path to another folder; nothing in this one has been touched.',
  });
}
