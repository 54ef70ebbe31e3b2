import { isFinished } from '../../core/run.ts';
import { hasRepeated, repeatsItself } from '../admission.ts';
import type { AdvanceRun, RunChange, WriteResult } from '../commit.ts';
import { isEnding, ROUSING } from '../messages.ts';
import { createAll } from './memory-create.ts';
import { deliverAll } from './memory-deliver.ts';
import { leaveGates } from './memory-gates.ts';
import { copyOf, type MemoryRun, type MemoryState } from './memory-state.ts';
import { countEnd } from './memory-statistics.ts';
import { addHook, appendEvents, clearTimer, dropWaits, setTimer } from './memory-waits.ts';

export function advance(state: MemoryState, write: AdvanceRun): WriteResult {
  const run = state.runs.get(write.lease.runId);
  if (run === undefined || run.owner === null || run.epoch !== write.lease.epoch) {
    return { outcome: 'lease_lost' };
  }
  if (run.sequence !== write.expectedSequence) return { outcome: 'conflict' };
  if (contradicts(run, write)) return { outcome: 'conflict' };

  state.changes.run(run);
  appendEvents(state, run, write.events);
  writeWaits(state, run, write);
  const finished = write.run?.status !== undefined && isFinished(write.run.status);
  const released = finished ? end(state, run, write) : goOn(state, run, write);
  return write.release === undefined
    ? { outcome: 'committed' }
    : { outcome: 'committed', released };
}

/** True if a hook is not what the writer takes it for, or something is there twice. */
function contradicts(run: MemoryRun, write: AdvanceRun): boolean {
  const { expireHooks = [], hooks = [], creates = [] } = write;
  return (
    expireHooks.some((hookId) => run.hooks.get(hookId)?.record.status !== 'pending') ||
    hooks.some(({ hookId }) => run.hooks.has(hookId)) ||
    hasRepeated(hooks, (hook) => hook.hookId) ||
    creates.some(repeatsItself) ||
    (write.run?.status === 'continued_as_new' &&
      run.inbox.some((entry) => entry.id > (write.inboxThrough ?? 0) && isEnding(entry)))
  );
}

function writeWaits(state: MemoryState, run: MemoryRun, write: AdvanceRun): void {
  for (const hookId of write.expireHooks ?? []) {
    const hook = run.hooks.get(hookId);
    if (hook !== undefined) hook.record = { ...hook.record, status: 'expired' };
  }
  for (const id of write.clearTimers ?? []) clearTimer(state, run, id);
  for (const timer of write.timers ?? []) setTimer(state, run, timer);
  for (const hook of write.hooks ?? []) addHook(state, run, hook);
  const { inboxThrough } = write;
  if (inboxThrough !== undefined) run.inbox = run.inbox.filter((entry) => entry.id > inboxThrough);
}

/** It is finished before anything of it goes out: a message to itself finds nobody. */
function end(state: MemoryState, run: MemoryRun, write: AdvanceRun): boolean {
  dropWaits(state, run);
  changeRun(run, write.run);
  release(run);
  createAll(state, write.creates, run);
  deliverAll(state, write.deliveries);
  countEnd(state, run.summary);
  leaveGates(state, run);
  return true;
}

/** What goes out comes before the release: it may have put something into the run's own inbox. */
function goOn(state: MemoryState, run: MemoryRun, write: AdvanceRun): boolean {
  createAll(state, write.creates, null);
  deliverAll(state, write.deliveries);
  const parks = write.release === 'park';
  const released = parks || (write.release === 'suspend' && run.inbox.length === 0);
  const denied = write.release === 'suspend' && !released;
  changeRun(run, denied ? stillRunning(write.run) : write.run);
  if (released) release(run);
  if (parks && run.inbox.some((entry) => ROUSING.includes(entry.type))) state.ready.add(run);
  return released;
}

/** Whoever is not let go to sleep is awake. */
function stillRunning(change: RunChange | undefined): RunChange | undefined {
  return change?.status === 'suspended' ? { ...change, status: 'running' } : change;
}

function release(run: MemoryRun): void {
  run.owner?.holds.delete(run);
  run.owner = null;
}

function changeRun(run: MemoryRun, change: RunChange | undefined): void {
  if (change === undefined) return;
  const { summary } = run;
  run.summary = {
    ...summary,
    status: change.status ?? summary.status,
    updatedAt: change.updatedAt,
    startedAt: summary.startedAt ?? change.startedAt ?? null,
    completedAt: change.completedAt ?? summary.completedAt,
    error: change.error === undefined ? summary.error : copyOf(change.error),
    recoveryAttempts: change.recoveryAttempts ?? summary.recoveryAttempts,
    continuedToRunId: change.continuedToRunId ?? summary.continuedToRunId,
    progress: copyOf(change.progress ?? summary.progress),
  };
}
