import type { HookRecord } from '../../core/hook.ts';
import type { Json } from '../../core/json.ts';
import { RUN_STATUSES, type RunStatus } from '../../core/run.ts';
import { idempotencyEntry } from '../memory/memory-state.ts';
import {
  type CatalogIndex,
  HOOK_STATUS_NUMBERS,
  type OpenCatalog,
  openCatalog,
} from './catalog-file.ts';
import type { Files } from './files.ts';
import { readBytes } from './files.ts';
import type { Layout } from './folder.ts';
import type { StoredSummary } from './stored-summary.ts';

/** The line of a run that has finished. */
export interface CatalogRun {
  readonly key: number;
  readonly run: StoredSummary;
  readonly sequence: number;
  /** The length of its log, bytes. */
  readonly log: number;
  /** Keys of its hooks. */
  readonly hooks: readonly number[];
  /** Not there if it is large: it is in the log anyway. */
  readonly input?: Json;
}

export interface CatalogHook {
  readonly key: number;
  readonly hook: HookRecord;
}

/** What an index says of a run, without a look at its line. */
export interface CatalogColumns {
  readonly runId: string;
  readonly status: RunStatus;
  readonly workflowName: string;
  readonly createdAt: number;
  readonly parentRunId: string | null;
  readonly scheduleId: string | null;
  readonly tags: readonly string[];
}

/** All catalogs of a checkpoint. Where two speak of one thing, the later one holds. */
export interface Catalogs {
  /** Takes the place of what was there; those known already are not read again. */
  readonly use: (numbers: readonly number[]) => void;
  readonly open: () => readonly OpenCatalog[];
  readonly keyOfId: (runId: string) => number | undefined;
  /** By workflow and idempotency key. */
  readonly keyOfEntry: (entry: string) => number | undefined;
  readonly ids: () => Iterable<string>;
  readonly columns: (key: number) => CatalogColumns | null;
  readonly readRun: (key: number) => CatalogRun | null;
  readonly hookColumns: (key: number) => { readonly run: number; readonly status: string } | null;
  readonly readHook: (key: number) => HookRecord | null;
  readonly close: () => void;
}

/** Where something is: a catalog, and the position in its columns. */
interface Row {
  readonly catalog: OpenCatalog;
  readonly at: number;
}

export function createCatalogs(files: Files, layout: Layout): Catalogs {
  let catalogs: OpenCatalog[] = [];
  let runs = rowsOf(catalogs, 'runs');
  let hooks = rowsOf(catalogs, 'hooks');
  // Made when first asked for: a list of runs needs neither.
  let ids: Map<string, number> | null = null;
  let entries: Map<string, number> | null = null;

  function read<T>(row: Row | null, kind: 'runs' | 'hooks'): T | null {
    if (row === null) return null;
    const { catalog, at } = row;
    const { from, length } = catalog.index[kind];
    const bytes = readBytes(files, catalog.fd, from[at] ?? 0, length[at] ?? 0);
    return JSON.parse(bytes.toString('utf8'));
  }

  function allIds(): Map<string, number> {
    if (ids !== null) return ids;
    ids = new Map();
    for (const { index } of catalogs) {
      const { id, key } = index.runs;
      for (let at = 0; at < id.length; at++) ids.set(id[at] ?? '', key[at] ?? 0);
    }
    return ids;
  }

  function allEntries(): Map<string, number> {
    if (entries !== null) return entries;
    entries = new Map();
    for (const catalog of catalogs) {
      const { idempotency, key, workflow } = catalog.index.runs;
      for (const [at, text] of Object.entries(idempotency)) {
        const row = Number(at);
        const number = key[row] ?? 0;
        if (runs(number)?.catalog !== catalog) continue;
        entries.set(idempotencyEntry(catalog.index.names[workflow[row] ?? 0] ?? '', text), number);
      }
    }
    return entries;
  }

  return {
    use(numbers) {
      const known = new Map(catalogs.map((catalog) => [catalog.number, catalog]));
      const next: OpenCatalog[] = [];
      try {
        for (const number of numbers) {
          next.push(known.get(number) ?? openCatalog(files, layout, number));
        }
      } catch (error) {
        for (const catalog of next) if (!catalogs.includes(catalog)) files.close(catalog.fd);
        throw error;
      }
      for (const catalog of catalogs) if (!next.includes(catalog)) files.close(catalog.fd);
      catalogs = next;
      runs = rowsOf(catalogs, 'runs');
      hooks = rowsOf(catalogs, 'hooks');
      ids = entries = null;
    },
    open: () => catalogs,
    keyOfId: (runId) => allIds().get(runId),
    keyOfEntry: (entry) => allEntries().get(entry),
    ids: () => allIds().keys(),
    columns(key) {
      const row = runs(key);
      return row === null ? null : columnsOf(row.catalog.index, row.at);
    },
    readRun: (key) => read<CatalogRun>(runs(key), 'runs'),
    hookColumns(key) {
      const row = hooks(key);
      if (row === null) return null;
      const { run, status } = row.catalog.index.hooks;
      return { run: run[row.at] ?? 0, status: HOOK_STATUS_NUMBERS[status[row.at] ?? 0] ?? '' };
    },
    readHook: (key) => read<CatalogHook>(hooks(key), 'hooks')?.hook ?? null,
    close() {
      for (const catalog of catalogs) files.close(catalog.fd);
      catalogs = [];
    },
  };
}

/** Finds by key, in all catalogs at once. */
function rowsOf(
  catalogs: readonly OpenCatalog[],
  kind: 'runs' | 'hooks',
): (key: number) => Row | null {
  let highest = 0;
  for (const { index } of catalogs)
    for (const key of index[kind].key) if (key > highest) highest = key;
  const which = new Uint8Array(highest + 1);
  const where = new Uint32Array(highest + 1);
  for (const [number, { index }] of catalogs.entries()) {
    for (const [at, key] of index[kind].key.entries()) {
      which[key] = number + 1;
      where[key] = at;
    }
  }
  return (key) => {
    const catalog = catalogs[(which[key] ?? 0) - 1];
    return catalog === undefined ? null : { catalog, at: where[key] ?? 0 };
  };
}

function columnsOf({ runs, names }: CatalogIndex, at: number): CatalogColumns {
  return {
    runId: runs.id[at] ?? '',
    status: RUN_STATUSES[runs.status[at] ?? 0] ?? 'completed',
    workflowName: names[runs.workflow[at] ?? 0] ?? '',
    createdAt: runs.created[at] ?? 0,
    parentRunId: runs.parent[at] ?? null,
    scheduleId: runs.schedule[at] ?? null,
    tags: runs.tags[at] ?? [],
  };
}
