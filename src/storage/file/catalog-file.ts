import { HOOK_STATUSES } from '../../core/hook.ts';
import { RUN_STATUSES } from '../../core/run.ts';
import type { CatalogHook, CatalogRun } from './catalog.ts';
import { damaged } from './file-errors.ts';
import { type Files, readBytes, readWhole } from './files.ts';
import type { Layout } from './folder.ts';

/**
 * What there is in a catalog, a column for each thing that is asked for. It can be made anew from the
 * lines.
 */
export interface CatalogIndex {
  /** Bytes of the lines it speaks of. */
  readonly size: number;
  /** Of workflows. */
  readonly names: string[];
  readonly runs: RunColumns;
  readonly hooks: HookColumns;
}

interface LineColumns {
  readonly key: number[];
  /** Where the line is; bytes. */
  readonly from: number[];
  readonly length: number[];
}

interface RunColumns extends LineColumns {
  readonly id: string[];
  /** In `RUN_STATUSES`. */
  readonly status: number[];
  /** In `names`. */
  readonly workflow: number[];
  readonly created: number[];
  // Of few runs only, therefore by position.
  readonly parent: Record<number, string>;
  readonly schedule: Record<number, string>;
  readonly tags: Record<number, readonly string[]>;
  readonly idempotency: Record<number, string>;
}

interface HookColumns extends LineColumns {
  /** Key of its run. */
  readonly run: number[];
  /** In `HOOK_STATUS_NUMBERS`. */
  readonly status: number[];
}

export const HOOK_STATUS_NUMBERS: readonly string[] = HOOK_STATUSES;

export interface OpenCatalog {
  readonly number: number;
  readonly fd: number;
  readonly index: CatalogIndex;
}

/** @throws StoreError if there is no such catalog */
export function openCatalog(files: Files, layout: Layout, number: number): OpenCatalog {
  const fd = files.open(layout.catalogLines(number), 'r');
  try {
    return {
      number,
      fd,
      index: readIndex(files, layout, number, files.size(fd)) ?? indexOf(files, fd),
    };
  } catch (error) {
    files.close(fd);
    throw error;
  }
}

function readIndex(
  files: Files,
  layout: Layout,
  number: number,
  size: number,
): CatalogIndex | null {
  const bytes = readWhole(files, layout.catalogIndex(number));
  if (bytes === null) return null;
  try {
    const index: CatalogIndex = JSON.parse(bytes.toString('utf8'));
    return index.size === size ? index : null;
  } catch {
    return null;
  }
}

function indexOf(files: Files, fd: number): CatalogIndex {
  const index = emptyIndex();
  const bytes = readBytes(files, fd, 0);
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at) + 1;
    if (end === 0) throw damaged('a catalog: its last line');
    const line: CatalogRun | (CatalogHook & { readonly of: number }) = JSON.parse(
      bytes.toString('utf8', at, end),
    );
    if ('run' in line) addRun(index, line, at, end - at);
    else addHook(index, line, line.of, at, end - at);
    at = end;
  }
  return { ...index, size: at };
}

export function emptyIndex(size = 0): CatalogIndex {
  return {
    size,
    names: [],
    runs: {
      key: [],
      from: [],
      length: [],
      id: [],
      status: [],
      workflow: [],
      created: [],
      parent: {},
      schedule: {},
      tags: {},
      idempotency: {},
    },
    hooks: { key: [], from: [], length: [], run: [], status: [] },
  };
}

/** Lines and what the index says of them, in the making. */
export interface CatalogDraft {
  readonly index: CatalogIndex;
  readonly parts: Buffer[];
  size: number;
}

export function addRunLine(draft: CatalogDraft, line: CatalogRun): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  addRun(draft.index, line, draft.size, bytes.length);
  append(draft, bytes);
}

export function addHookLine(draft: CatalogDraft, of: number, line: CatalogHook): void {
  const bytes = Buffer.from(`${JSON.stringify({ of, ...line })}\n`);
  addHook(draft.index, line, of, draft.size, bytes.length);
  append(draft, bytes);
}

/** Takes over a whole catalog, but for the entries of what there is something later of. */
export function addCatalog(
  draft: CatalogDraft,
  files: Files,
  { fd, index }: OpenCatalog,
  isCurrent: (kind: 'runs' | 'hooks', key: number) => boolean,
): void {
  const { runs, hooks } = draft.index;
  const base = draft.size;
  append(draft, readBytes(files, fd, 0, index.size));
  for (const [at, key] of index.runs.key.entries()) {
    if (!isCurrent('runs', key)) continue;
    const row = runs.key.length;
    addPlace(runs, key, base + (index.runs.from[at] ?? 0), index.runs.length[at] ?? 0);
    runs.id.push(index.runs.id[at] ?? '');
    runs.status.push(index.runs.status[at] ?? 0);
    runs.workflow.push(nameNumber(draft.index, index.names[index.runs.workflow[at] ?? 0] ?? ''));
    runs.created.push(index.runs.created[at] ?? 0);
    for (const name of ['parent', 'schedule', 'tags', 'idempotency'] as const) {
      const value = index.runs[name][at];
      if (value !== undefined) (runs[name] as Record<number, typeof value>)[row] = value;
    }
  }
  for (const [at, key] of index.hooks.key.entries()) {
    if (!isCurrent('hooks', key)) continue;
    addPlace(hooks, key, base + (index.hooks.from[at] ?? 0), index.hooks.length[at] ?? 0);
    hooks.run.push(index.hooks.run[at] ?? 0);
    hooks.status.push(index.hooks.status[at] ?? 0);
  }
}

function append(draft: CatalogDraft, bytes: Buffer): void {
  draft.parts.push(bytes);
  draft.size += bytes.length;
}

function addRun(index: CatalogIndex, line: CatalogRun, from: number, length: number): void {
  const { runs } = index;
  const { run, key } = line;
  const row = runs.key.length;
  addPlace(runs, key, from, length);
  runs.id.push(run.runId);
  runs.status.push(RUN_STATUSES.indexOf(run.status ?? 'completed'));
  runs.workflow.push(nameNumber(index, run.workflowName ?? ''));
  runs.created.push(run.createdAt ?? 0);
  if (typeof run.parentRunId === 'string') runs.parent[row] = run.parentRunId;
  if (typeof run.scheduleId === 'string') runs.schedule[row] = run.scheduleId;
  if (run.tags !== undefined && run.tags.length > 0) runs.tags[row] = run.tags;
  if (typeof run.idempotencyKey === 'string') runs.idempotency[row] = run.idempotencyKey;
}

function addHook(
  { hooks }: CatalogIndex,
  { key, hook }: CatalogHook,
  of: number,
  from: number,
  length: number,
): void {
  addPlace(hooks, key, from, length);
  hooks.run.push(of);
  hooks.status.push(HOOK_STATUS_NUMBERS.indexOf(hook.status));
}

function addPlace(columns: LineColumns, key: number, from: number, length: number): void {
  columns.key.push(key);
  columns.from.push(from);
  columns.length.push(length);
}

const numbers = new WeakMap<CatalogIndex, Map<string, number>>();

function nameNumber(index: CatalogIndex, name: string): number {
  let known = numbers.get(index);
  if (known === undefined) {
    known = new Map(index.names.map((each, at) => [each, at]));
    numbers.set(index, known);
  }
  let number = known.get(name);
  if (number === undefined) {
    number = index.names.push(name) - 1;
    known.set(name, number);
  }
  return number;
}
