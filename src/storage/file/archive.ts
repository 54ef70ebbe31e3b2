import type { Json } from '../../core/json.ts';
import {
  addCatalog,
  addHookLine,
  addRunLine,
  type CatalogDraft,
  emptyIndex,
  type OpenCatalog,
} from './catalog-file.ts';
import type { FinishedRun, Snapshot } from './checkpoint.ts';
import { eventLines } from './event-line.ts';
import type { FileState } from './file-state.ts';
import { type Files, writeNew } from './files.ts';
import type { Layout } from './folder.ts';
import type { RunLogs } from './run-logs.ts';
import { storeSummary } from './stored-summary.ts';

/** Larger inputs are not repeated beside the log. */
const INPUT_BYTES = 4096;

/**
 * Writes the catalog of what has finished, together with those catalogs before it that are not much
 * larger: there are never more than a few, and a line is copied a few times in its life.
 * @returns the catalogs there are then
 */
export function archive(
  files: Files,
  layout: Layout,
  logs: RunLogs,
  state: FileState,
  snapshot: Snapshot,
): number[] {
  const before = state.catalogs.open();
  if (snapshot.finished.length === 0) return before.map((catalog) => catalog.number);
  const own = new Set(snapshot.finished.map(({ run }) => run.key));
  const ownHooks = new Set(snapshot.finished.flatMap(({ hooks }) => hooks.map(({ key }) => key)));
  const merged = mergeable(before, own.size);
  const draft: CatalogDraft = { index: emptyIndex(), parts: [], size: 0 };
  for (const [at, catalog] of merged.entries()) {
    const later = merged.slice(at + 1);
    addCatalog(draft, files, catalog, (kind, key) => {
      if ((kind === 'runs' ? own : ownHooks).has(key)) return false;
      return !later.some((other) => other.keys(kind).has(key));
    });
  }
  for (const finished of snapshot.finished) addFinished(draft, logs, state, finished);
  const { through } = snapshot.head;
  const index = Buffer.from(JSON.stringify({ ...draft.index, size: draft.size }));
  publish(files, layout, layout.catalogLines(through), Buffer.concat(draft.parts));
  publish(files, layout, layout.catalogIndex(through), index);
  files.flushFolder(layout.catalog);
  const kept = before.slice(0, before.length - merged.length);
  return [...kept.map((catalog) => catalog.number), through];
}

interface Merged extends OpenCatalog {
  readonly keys: (kind: 'runs' | 'hooks') => ReadonlySet<number>;
}

/** The latest ones, each with its sets of keys, which are made when they are asked for. */
function mergeable(catalogs: readonly OpenCatalog[], size: number): Merged[] {
  const merged: OpenCatalog[] = [];
  let total = size;
  for (const catalog of [...catalogs].reverse()) {
    const count = catalog.index.runs.key.length;
    if (count > 2 * total) break;
    merged.unshift(catalog);
    total += count;
  }
  return merged.map((catalog) => {
    const sets = new Map<string, ReadonlySet<number>>();
    const keys = (kind: 'runs' | 'hooks') => {
      const set = sets.get(kind) ?? new Set(catalog.index[kind].key);
      sets.set(kind, set);
      return set;
    };
    return { ...catalog, keys };
  });
}

function addFinished(
  draft: CatalogDraft,
  logs: RunLogs,
  state: FileState,
  { run, summary, log, hookKeys, hooks }: FinishedRun,
): void {
  const input = inputOf(logs, state, run, log);
  addRunLine(draft, {
    key: run.key,
    run: storeSummary(summary),
    sequence: run.sequence,
    log,
    hooks: hookKeys,
    ...(input !== undefined && { input }),
  });
  for (const { key, record } of hooks) addHookLine(draft, run.key, { key, hook: record });
}

/** Undefined if it is too large. */
function inputOf(
  logs: RunLogs,
  state: FileState,
  run: FinishedRun['run'],
  log: number,
): Json | undefined {
  if (log === 0) return null;
  const [first] = eventLines(logs.readLive(state, run, 0, 2 * INPUT_BYTES));
  if (!first) return undefined;
  if (first.type !== 'workflow.started') return null;
  const event = first.parse();
  const input = event.type === 'workflow.started' ? event.data.input : null;
  return JSON.stringify(input).length > INPUT_BYTES ? undefined : input;
}

function publish(files: Files, layout: Layout, path: string, bytes: Buffer): void {
  const temporary = layout.temporary(path);
  writeNew(files, temporary, bytes);
  files.rename(temporary, path);
}
