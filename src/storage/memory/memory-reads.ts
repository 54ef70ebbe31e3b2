import type { EventOf, NewEvent, WorkflowEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { RunRecord, RunSummary } from '../../core/run.ts';
import type { HookFilter, Page, ReadEvents, RunFilter } from '../store.ts';
import { copyOf, idempotencyEntry, type MemoryRun, type MemoryState } from './memory-state.ts';

export function getRun(state: MemoryState, runId: string): RunRecord | null {
  return recordOf(state.runs.get(runId));
}

export function getRunByKey(state: MemoryState, workflow: string, key: string): RunRecord | null {
  return recordOf(state.byIdempotency.get(idempotencyEntry(workflow, key)));
}

function recordOf(run: MemoryRun | undefined): RunRecord | null {
  if (run === undefined) return null;
  const completed =
    run.summary.status === 'completed'
      ? run.events.findLast((event) => event.type === 'workflow.completed')
      : undefined;
  const result = completed === undefined ? null : dataOf<'workflow.completed'>(completed).result;
  return { ...copyOf(run.summary), input: inputOf(run), result };
}

function inputOf(run: MemoryRun): RunRecord['input'] {
  const first = run.events[0];
  return first?.type === 'workflow.started' ? dataOf<'workflow.started'>(first).input : null;
}

function dataOf<T extends WorkflowEvent['type']>(event: NewEvent): EventOf<T>['data'] {
  return JSON.parse(event.data);
}

/** The newest run's id for 'latest', else the ids with that prefix. */
export function findRunIds(state: MemoryState, prefix: string, limit: number): string[] {
  if (prefix === 'latest') return state.runsByKey.slice(-1).map((run) => run.summary.runId);
  const ids = [...state.runs.keys()].filter((runId) => runId.startsWith(prefix));
  return ids.sort().slice(0, limit);
}

export function readEvents(
  state: MemoryState,
  runId: string,
  options: ReadEvents,
): WorkflowEvent[] {
  const { after = 0, limit = Number.POSITIVE_INFINITY, types } = options;
  const recorded = state.runs.get(runId)?.events ?? [];
  const events: WorkflowEvent[] = [];
  for (let at = Math.max(0, after); at < recorded.length && events.length < limit; at++) {
    const event = recorded[at] as NewEvent;
    if (types !== undefined && !types.includes(event.type)) continue;
    events.push({ ...event, data: dataOf(event), sequence: at + 1 } as WorkflowEvent);
  }
  return events;
}

/** Newest first; the cursor is the key of the last one, which nothing changes. */
export function listRuns(state: MemoryState, filter: RunFilter): Page<RunSummary> {
  const matches = (run: MemoryRun) => isMatch(run, filter);
  const page = pageOf(state.runsByKey, filter, matches);
  return { ...page, items: page.items.map((run) => copyOf(run.summary)) };
}

function isMatch(run: MemoryRun, filter: RunFilter): boolean {
  const { summary } = run;
  return (
    (filter.statuses === undefined || filter.statuses.includes(summary.status)) &&
    (filter.workflowName === undefined || filter.workflowName === summary.workflowName) &&
    (filter.tag === undefined || summary.tags.includes(filter.tag)) &&
    (filter.since === undefined || summary.createdAt >= filter.since) &&
    (filter.until === undefined || summary.createdAt < filter.until) &&
    (filter.query === undefined || isFound(run, foldCase(filter.query)))
  );
}

function isFound(run: MemoryRun, text: string): boolean {
  const { runId, workflowName } = run.summary;
  return [runId, workflowName, JSON.stringify(inputOf(run))].some((part) =>
    foldCase(part).includes(text),
  );
}

/** Of the letters A to Z only, as in SQL. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function getHook(state: MemoryState, runId: string, hookId: string): HookRecord | null {
  return copyOf(state.runs.get(runId)?.hooks.get(hookId)?.record ?? null);
}

export function listHooks(state: MemoryState, filter: HookFilter): Page<HookRecord> {
  const page = pageOf(
    state.hooks,
    filter,
    ({ record }) =>
      (filter.runId === undefined || filter.runId === record.runId) &&
      (filter.status === undefined || filter.status === record.status),
  );
  return { ...page, items: page.items.map((hook) => copyOf(hook.record)) };
}

/** @param all the one with key n at n - 1. */
function pageOf<T extends { readonly key: number }>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  matches: (item: T) => boolean,
): Page<T> {
  const items: T[] = [];
  for (let key = firstKey(all.length, cursor); key >= 1; key--) {
    const item = all[key - 1] as T;
    if (!matches(item)) continue;
    if (items.length >= limit) return { items, nextCursor: cursorOf(items) };
    items.push(item);
  }
  return { items, nextCursor: null };
}

/** An unreadable cursor gives an empty page rather than the first one. */
function firstKey(newest: number, cursor: string | undefined): number {
  if (cursor === undefined) return newest;
  return /^\d+$/.test(cursor) ? Math.min(newest, Number(cursor) - 1) : 0;
}

function cursorOf(items: readonly { readonly key: number }[]): string | null {
  const last = items.at(-1);
  return last === undefined ? null : String(last.key);
}
