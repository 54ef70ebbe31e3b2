import type { NewEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import type { Timer } from '../store.ts';
import { copyOf, type MemoryRun, type MemoryState } from './memory-state.ts';

export function appendEvents(
  state: MemoryState,
  run: MemoryRun,
  events: readonly NewEvent[],
): void {
  if (events.length === 0) return;
  run.sequence += events.length;
  state.changes.events(run, events);
}

export function setTimer(state: MemoryState, run: MemoryRun, { id, kind, dueAt }: Timer): void {
  clearTimer(state, run, id);
  run.timers.set(id, { id, kind, dueAt });
  state.timers.add({ dueAt, run, id });
}

export function clearTimer(state: MemoryState, run: MemoryRun, id: string): void {
  const timer = run.timers.get(id);
  if (timer === undefined) return;
  run.timers.delete(id);
  state.timers.remove({ dueAt: timer.dueAt, run, id });
}

export function addHook(state: MemoryState, run: MemoryRun, record: HookRecord): void {
  const hook = { key: state.hooks.length + 1, record: copyOf(record) };
  state.hooks.push(hook);
  run.hooks.set(record.hookId, hook);
}

/** A finished run waits for nothing. */
export function dropWaits(state: MemoryState, run: MemoryRun): void {
  for (const id of [...run.timers.keys()]) clearTimer(state, run, id);
  run.inbox = [];
  for (const hook of run.hooks.values()) {
    if (hook.record.status === 'pending') hook.record = { ...hook.record, status: 'disposed' };
  }
}
