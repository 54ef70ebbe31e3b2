import type { EventOf, WorkflowEvent } from '../../core/event.ts';
import type { Json } from '../../core/json.ts';
import type { RunRecord, RunSummary } from '../../core/run.ts';
import { copyOf, type MemoryRun } from '../memory/memory-state.ts';
import { isFound, passes } from '../run-filter.ts';
import type { Page, ReadEvents, RunFilter } from '../store.ts';
import type { CatalogRun } from './catalog.ts';
import { eventLines } from './event-line.ts';
import { damaged } from './file-errors.ts';
import { detailsOf, type FileState } from './file-state.ts';
import { pageByKey } from './key-pages.ts';
import type { RunLogs } from './run-logs.ts';
import { restoreSummary } from './stored-summary.ts';

/** A run wherever it is, and its log. */
interface Found {
  readonly key: number;
  readonly summary: RunSummary;
  /** If it is known without a look at the log. */
  readonly input: Json | undefined;
  /** Bytes. */
  readonly log: number;
  readonly read: (from?: number, to?: number) => Buffer;
}

/** Enough for the first and the last events of most runs. */
const GLANCE_BYTES = 16_384;

export function getRun(state: FileState, logs: RunLogs, runId: string): RunRecord | null {
  return recordOf(findById(state, logs, runId));
}

export function getRunByKey(
  state: FileState,
  logs: RunLogs,
  workflowAndKey: string,
): RunRecord | null {
  const run = state.memory.byIdempotency.get(workflowAndKey);
  return recordOf(run === undefined ? null : findById(state, logs, run.summary.runId));
}

function recordOf(found: Found | null): RunRecord | null {
  if (found === null) return null;
  return { ...copyOf(found.summary), input: inputOf(found), result: resultOf(found) };
}

function findById(state: FileState, logs: RunLogs, runId: string): Found | null {
  const run = state.live.get(runId);
  return findByKey(state, logs, run?.key ?? state.catalogs.keyOfId(runId));
}

function findByKey(state: FileState, logs: RunLogs, key: number | undefined): Found | null {
  if (key === undefined) return null;
  const run = state.liveByKey.get(key);
  if (run !== undefined) return fromMemory(state, logs, run);
  const line = state.catalogs.readRun(key);
  return line === null ? null : fromCatalog(logs, line);
}

function fromMemory(state: FileState, logs: RunLogs, run: MemoryRun): Found {
  const { key, summary } = run;
  const read = (from?: number, to?: number) => logs.readLive(state, run, from, to);
  return { key, summary, input: undefined, log: detailsOf(state, run).log, read };
}

function fromCatalog(logs: RunLogs, line: CatalogRun): Found {
  const { key, input, log } = line;
  const read = (from?: number, to?: number) => logs.readFinished(line, from, to);
  return { key, summary: restoreSummary(line.run), input, log, read };
}

function inputOf({ input, log, read }: Found): Json {
  if (input !== undefined) return input;
  if (log === 0) return null;
  let [first] = eventLines(read(0, GLANCE_BYTES));
  if (!first) [first] = eventLines(read());
  if (first?.type !== 'workflow.started') return null;
  return (first.parse() as EventOf<'workflow.started'>).data.input;
}

function resultOf({ summary, log, read }: Found): Json | null {
  if (summary.status !== 'completed') return null;
  const from = Math.max(0, log - GLANCE_BYTES);
  const end = read(from);
  const completed = from === 0 ? completionIn(end) : completionIn(afterLineEnd(end));
  const event = completed ?? (from === 0 ? null : completionIn(read()));
  return event === null ? null : event.data.result;
}

function completionIn(lines: Buffer): EventOf<'workflow.completed'> | null {
  let found: WorkflowEvent | null = null;
  for (const line of eventLines(lines)) {
    if (line?.type === 'workflow.completed') found = line.parse();
  }
  return found as EventOf<'workflow.completed'> | null;
}

function afterLineEnd(bytes: Buffer): Buffer {
  const newline = bytes.indexOf(0x0a);
  return newline < 0 ? Buffer.alloc(0) : bytes.subarray(newline + 1);
}

export function readEvents(
  state: FileState,
  logs: RunLogs,
  runId: string,
  { after = 0, limit = Number.POSITIVE_INFINITY, types }: ReadEvents,
): WorkflowEvent[] {
  const events: WorkflowEvent[] = [];
  const found = findById(state, logs, runId);
  if (found === null || limit <= 0) return events;
  for (const line of eventLines(found.read())) {
    if (line === null)
      throw damaged(`the log of run ${runId}, after event ${events.at(-1)?.sequence ?? after}`);
    if (line.sequence <= after) continue;
    if (types !== undefined && !types.some((type) => type === line.type)) continue;
    events.push(line.parse());
    if (events.length >= limit) break;
  }
  return events;
}

/** The newest run's id for 'latest', else the ids with that prefix. */
export function findRunIds(state: FileState, prefix: string, limit: number): string[] {
  if (prefix === 'latest') {
    const newest = state.liveByKey.get(state.lastRunKey)?.summary.runId;
    const id = newest ?? state.catalogs.columns(state.lastRunKey)?.runId;
    return id === undefined ? [] : [id];
  }
  const ids = new Set<string>();
  for (const id of state.live.keys()) if (id.startsWith(prefix)) ids.add(id);
  for (const id of state.catalogs.ids()) if (id.startsWith(prefix)) ids.add(id);
  return [...ids].sort().slice(0, limit);
}

/** Newest first; lines are read only of what is shown, or searched for a text. */
export function listRuns(state: FileState, logs: RunLogs, filter: RunFilter): Page<RunSummary> {
  const { query } = filter;
  const page = pageByKey(state.lastRunKey, filter, (key) => {
    const columns = state.liveByKey.get(key)?.summary ?? state.catalogs.columns(key);
    if (columns === null || !passes(columns, filter)) return null;
    if (query === undefined) return key;
    const found = findByKey(state, logs, key);
    return found !== null && isFound(found.summary, inputOf(found), query) ? key : null;
  });
  const items = page.items.flatMap((key) => {
    const found = findByKey(state, logs, key);
    return found === null ? [] : [copyOf(found.summary)];
  });
  return { ...page, items };
}
