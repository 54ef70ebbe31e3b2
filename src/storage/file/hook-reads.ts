import type { HookRecord } from '../../core/hook.ts';
import { copyOf } from '../memory/memory-state.ts';
import type { HookFilter, Page } from '../store.ts';
import { detailsOf, type FileState } from './file-state.ts';
import { pageByKey } from './key-pages.ts';

export function getHook(state: FileState, runId: string, hookId: string): HookRecord | null {
  const run = state.memory.runs.get(runId);
  if (run === undefined) return null;
  const own = run.hooks.get(hookId);
  if (own !== undefined) return copyOf(own.record);
  for (const key of detailsOf(state, run).hookKeys) {
    const hook = state.catalogs.readHook(key);
    if (hook?.hookId === hookId) return hook;
  }
  return null;
}

export function listHooks(state: FileState, filter: HookFilter): Page<HookRecord> {
  const { runId, status } = filter;
  const of = runId === undefined ? undefined : state.memory.runs.get(runId)?.key;
  if (runId !== undefined && of === undefined) return { items: [], nextCursor: null };
  const page = pageByKey(state.lastHookKey, filter, (key) => {
    const own = state.liveHooks.get(key)?.record;
    if (own !== undefined) {
      const isRight = runId === undefined || own.runId === runId;
      return isRight && (status === undefined || own.status === status) ? key : null;
    }
    const columns = state.catalogs.hookColumns(key);
    if (columns === null || (of !== undefined && columns.run !== of)) return null;
    return status === undefined || columns.status === status ? key : null;
  });
  const items = page.items.flatMap((key) => {
    const hook = state.liveHooks.get(key)?.record ?? state.catalogs.readHook(key);
    return hook === null ? [] : [copyOf(hook)];
  });
  return { ...page, items };
}
