import type { EventOf, NewEvent, WorkflowEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { RunRecord, RunSummary } from '../../core/run.ts';
import { isFound, passes } from '../run-filter.ts';
import type { HookFilter, Page, ReadEvents, RunFilter } from '../store.ts';
import { copyOf, idempotencyEntry, type MemoryRun, type WholeMemoryState } from './memory-state.ts';
import { pageOf } from './pages.ts';

export function getRun(state: WholeMemoryState, runId: string): RunRecord | null {
  return recordOf(state.runs.get(runId));
}

export function getRunByKey(
  state: WholeMemoryState,
  workflow: string,
  key: string,
): RunRecord | null {
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
export function findRunIds(state: WholeMemoryState, prefix: string, limit: number): string[] {
  if (prefix === 'latest') return state.runsByKey.slice(-1).map((run) => run.summary.runId);
  const ids = [...state.runs.keys()].filter((runId) => runId.startsWith(prefix));
  return ids.sort().slice(0, limit);
}

export function readEvents(
  state: WholeMemoryState,
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
export function listRuns(state: WholeMemoryState, filter: RunFilter): Page<RunSummary> {
  const matches = (run: MemoryRun) => isMatch(run, filter);
  const page = pageOf(state.runsByKey, filter, matches);
  return { ...page, items: page.items.map((run) => copyOf(run.summary)) };
}

function isMatch(run: MemoryRun, filter: RunFilter): boolean {
  const { query } = filter;
  if (!passes(run.summary, filter)) return false;
  return query === undefined || isFound(run.summary, inputOf(run), query);
}

export function getHook(state: WholeMemoryState, runId: string, hookId: string): HookRecord | null {
  return copyOf(state.runs.get(runId)?.hooks.get(hookId)?.record ?? null);
}

export function listHooks(state: WholeMemoryState, filter: HookFilter): Page<HookRecord> {
  const page = pageOf(
    state.hooks,
    filter,
    ({ record }) =>
      (filter.runId === undefined || filter.runId === record.runId) &&
      (filter.status === undefined || filter.status === record.status),
  );
  return { ...page, items: page.items.map((hook) => copyOf(hook.record)) };
}
