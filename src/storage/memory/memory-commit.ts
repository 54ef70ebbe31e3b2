import type { NewEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import { isFinished } from '../../core/run.ts';
import type { AdvanceRun, CreateRun, Deliver, RunChange, Write, WriteResult } from '../commit.ts';
import type { Timer } from '../store.ts';
import { hold } from './memory-claim.ts';
import { copyOf, idempotencyEntry, type MemoryRun, type MemoryState } from './memory-state.ts';
import { registeredWorker } from './memory-workers.ts';

export function commitBatch(state: MemoryState, batch: readonly Write[]): WriteResult[] {
  // The only thing that can fail, therefore before the first change.
  for (const write of batch) {
    if (write.op === 'create' && write.workerId !== null) registeredWorker(state, write.workerId);
  }
  return batch.map((write) => writeOne(state, write));
}

/** Every refusal is decided before the first change, so a refused write leaves nothing behind. */
function writeOne(state: MemoryState, write: Write): WriteResult {
  switch (write.op) {
    case 'advance':
      return advance(state, write);
    case 'create':
      return create(state, write);
    case 'deliver':
      return deliver(state, write);
  }
}

function advance(state: MemoryState, write: AdvanceRun): WriteResult {
  const run = state.runs.get(write.lease.runId);
  if (run === undefined || run.owner === null || run.epoch !== write.lease.epoch) {
    return { outcome: 'lease_lost' };
  }
  if (run.events.length !== write.expectedSequence) return { outcome: 'conflict' };
  const expired = (write.expireHooks ?? []).map((hookId) => run.hooks.get(hookId));
  if (expired.some((hook) => hook?.record.status !== 'pending')) return { outcome: 'conflict' };

  appendEvents(run, write.events);
  for (const hook of expired) if (hook) hook.record = { ...hook.record, status: 'expired' };
  for (const id of write.clearTimers ?? []) clearTimer(state, run, id);
  for (const timer of write.timers ?? []) setTimer(state, run, timer);
  for (const hook of write.hooks ?? []) addHook(state, run, hook);
  const { inboxThrough } = write;
  if (inboxThrough !== undefined) run.inbox = run.inbox.filter((entry) => entry.id > inboxThrough);
  if (write.run !== undefined) changeRun(run, write.run);
  const finished = isFinished(run.summary.status);
  if (finished) dropWaits(state, run);
  const released =
    finished || write.release === 'park' || (write.release === 'suspend' && run.inbox.length === 0);
  if (released) {
    run.owner.holds.delete(run);
    run.owner = null;
  }
  return write.release === undefined
    ? { outcome: 'committed' }
    : { outcome: 'committed', released };
}

function changeRun(run: MemoryRun, change: RunChange): void {
  const { summary } = run;
  run.summary = {
    ...summary,
    status: change.status ?? summary.status,
    updatedAt: change.updatedAt,
    startedAt: summary.startedAt ?? change.startedAt ?? null,
    completedAt: change.completedAt ?? summary.completedAt,
    error: change.error === undefined ? summary.error : copyOf(change.error),
    recoveryAttempts: change.recoveryAttempts ?? summary.recoveryAttempts,
  };
}

function create(state: MemoryState, write: CreateRun): WriteResult {
  // The payloads live in the history only.
  const { input: _, result: __, ...summary } = write.run;
  const { runId, workflowName, idempotencyKey } = summary;
  const entry = idempotencyKey === null ? null : idempotencyEntry(workflowName, idempotencyKey);
  const taken =
    state.runs.get(runId) ?? (entry === null ? undefined : state.byIdempotency.get(entry));
  if (taken !== undefined) return { outcome: 'exists', runId: taken.summary.runId };

  const run: MemoryRun = {
    key: state.runsByKey.length + 1,
    summary: copyOf(summary),
    events: [],
    timers: new Map(),
    hooks: new Map(),
    inbox: [],
    epoch: 0,
    owner: null,
    home: write.workerId,
  };
  state.runs.set(runId, run);
  state.runsByKey.push(run);
  if (entry !== null) state.byIdempotency.set(entry, run);
  appendEvents(run, write.events);
  for (const timer of write.timers) setTimer(state, run, timer);
  for (const hook of write.hooks) addHook(state, run, hook);
  if (write.attention === 'ready') state.ready.add(run);
  if (write.attention !== 'claimed' || write.workerId === null) return { outcome: 'committed' };
  return { outcome: 'committed', lease: hold(registeredWorker(state, write.workerId), run) };
}

function deliver(state: MemoryState, write: Deliver): WriteResult {
  const run = state.runs.get(write.runId);
  if (run === undefined) return { outcome: 'not_found' };
  const { status } = run.summary;
  if (isFinished(status)) return { outcome: 'refused', status };
  const message = copyOf(write.message);
  if (message.type === 'hook.received') {
    const hook = run.hooks.get(message.hookId);
    if (hook === undefined) return { outcome: 'not_found' };
    const { record } = hook;
    if (record.status !== 'pending') return { outcome: 'refused', status: record.status };
    if (record.expiresAt !== null && record.expiresAt <= write.now) {
      return { outcome: 'refused', status: 'expired' };
    }
    hook.record = {
      ...record,
      status: 'received',
      receivedAt: write.now,
      payload: message.payload,
    };
  }
  state.lastInboxId += 1;
  run.inbox.push({ ...message, id: state.lastInboxId, receivedAt: write.now });
  if (run.owner === null) state.ready.add(run);
  return { outcome: 'committed' };
}

function appendEvents(run: MemoryRun, events: readonly NewEvent[]): void {
  for (const { type, timestamp, data } of events) run.events.push({ type, timestamp, data });
}

function setTimer(state: MemoryState, run: MemoryRun, { id, kind, dueAt }: Timer): void {
  clearTimer(state, run, id);
  run.timers.set(id, { id, kind, dueAt });
  state.timers.add({ dueAt, run, id });
}

function clearTimer(state: MemoryState, run: MemoryRun, id: string): void {
  const timer = run.timers.get(id);
  if (timer === undefined) return;
  run.timers.delete(id);
  state.timers.remove({ dueAt: timer.dueAt, run, id });
}

function addHook(state: MemoryState, run: MemoryRun, record: HookRecord): void {
  const hook = { key: state.hooks.length + 1, record: copyOf(record) };
  state.hooks.push(hook);
  run.hooks.set(record.hookId, hook);
}

/** A finished run waits for nothing. */
function dropWaits(state: MemoryState, run: MemoryRun): void {
  for (const id of [...run.timers.keys()]) clearTimer(state, run, id);
  run.inbox = [];
  for (const hook of run.hooks.values()) {
    if (hook.record.status === 'pending') hook.record = { ...hook.record, status: 'disposed' };
  }
}
