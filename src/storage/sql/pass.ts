import type { RunStatus } from '../../core/run.ts';
import type { InboxMessage } from '../store.ts';
import { type Changes, type NewRun, noChanges, type RunPatch, type RunRef } from './changes.ts';
import {
  type Facts,
  type HookFact,
  NOT_LOADED,
  nameIn,
  noWants,
  type RunFact,
  type Stand,
  type Wants,
} from './facts.ts';
import type { SqlLease } from './sql-lease.ts';

/** A gate as the writes before have left it. */
export interface OpenGate {
  places: number;
  holders: number;
  waiting: number;
  held: Stand[];
  waiters: Stand[];
}

export interface LeaseState {
  sequence: number;
  released: boolean;
  /** The run has been seen to be held. */
  proven: boolean;
}

/**
 * One attempt to decide a batch, write after write, on the facts there are. What is missing is noted,
 * then read for all writes at once, and the next attempt begins anew: nothing has been written yet.
 */
export interface Pass {
  readonly facts: Facts;
  readonly wants: Wants;
  readonly changes: Changes;
  readonly fence: number;
  /** New runs may have ids or keys that are taken: look first. */
  readonly cautious: boolean;
  readonly created: Map<string, NewRun>;
  readonly createdKeys: Map<string, NewRun>;
  readonly gates: Map<string, OpenGate>;
  readonly leases: Map<SqlLease, LeaseState>;
  /** The row of a worker. @throws StoreError if it is not registered */
  readonly workerKey: (workerId: string) => number;
  /** The write at hand has created, admitted or sent something to another run. */
  wakes: boolean;
}

export function newPass(
  facts: Facts,
  knownFence: number,
  cautious: boolean,
  workerKey: (pass: Pass, workerId: string) => number,
): Pass {
  const pass: Pass = {
    facts,
    wants: noWants(),
    changes: noChanges(),
    fence: facts.fence ?? knownFence,
    cautious,
    created: new Map(),
    createdKeys: new Map(),
    gates: new Map(),
    leases: new Map(),
    workerKey: (workerId) => workerKey(pass, workerId),
    wakes: false,
  };
  return pass;
}

/** Goes on only if everything asked for so far is there. */
export function settle({ wants }: Pass): void {
  if (wants.any) throw NOT_LOADED;
}

/** Notes that this is needed, without stopping: more may be noted before `settle`. */
export function want(pass: Pass, kind: 'runs' | 'keys' | 'hooks' | 'inboxes', name: string): void {
  if (pass.facts[kind].has(name)) return;
  pass.wants[kind].add(name);
  pass.wants.any = true;
}

/** The fact, or the end of this attempt. */
export function known<T>(
  pass: Pass,
  kind: 'runs' | 'keys' | 'hooks' | 'inboxes' | 'positions' | 'schedules' | 'workers',
  name: string,
): T {
  const found = pass.facts[kind].get(name);
  if (found !== undefined) return found as T;
  pass.wants[kind].add(name);
  pass.wants.any = true;
  throw NOT_LOADED;
}

export interface RunView extends RunRef {
  readonly status: RunStatus;
  readonly gated: boolean;
  readonly owner: number | null;
  readonly epoch: number;
  readonly continuedTo: string | null;
}

/** A run as the writes before have left it; null if there is none. It is locked. */
export function runView(pass: Pass, runId: string): RunView | null {
  const made = pass.created.get(runId);
  if (made !== undefined) {
    const { run } = made.write;
    const { status, continuedToRunId: continuedTo } = run;
    return { id: null, runId, status, gated: made.gated, owner: null, epoch: 0, continuedTo };
  }
  const fact = known<RunFact | null>(pass, 'runs', runId);
  const patch = pass.changes.patches.get(runId);
  if (fact === null || patch === undefined) return fact;
  return {
    ...fact,
    status: patch.change.status ?? fact.status,
    continuedTo: patch.change.continuedToRunId ?? fact.continuedTo,
    owner: patch.released ? null : fact.owner,
    gated: patch.admitted ? false : fact.gated,
  };
}

export function patchOf(pass: Pass, ref: RunRef): RunPatch {
  const { patches } = pass.changes;
  let patch = patches.get(ref.runId);
  if (patch === undefined) {
    patch = { ref, change: {}, released: false, ready: null, admitted: false };
    patches.set(ref.runId, patch);
  }
  return patch;
}

export function makeReady(pass: Pass, ref: RunRef): void {
  const made = pass.created.get(ref.runId);
  if (made !== undefined) made.ready = true;
  else patchOf(pass, ref).ready = true;
}

/** A hook as the writes before have left it; null if the run has none of this id. */
export function hookView(pass: Pass, ref: RunRef, hookId: string): HookFact | null {
  const name = nameIn(ref.runId, hookId);
  const made = pass.changes.newHooks.get(name);
  if (made !== undefined) return made.hook;
  if (ref.id === null) return null;
  const changed = pass.changes.hooks.get(name);
  if (changed !== undefined) return { status: changed.status, expiresAt: null };
  return known<HookFact | null>(pass, 'hooks', name);
}

/** Types of the messages that are still there. */
export function inboxTypes(pass: Pass, ref: RunRef): InboxMessage['type'][] {
  return unreadTypes(pass, ref, 0);
}

/** Those of them beyond `readThrough`. */
export function unreadTypes(
  pass: Pass,
  ref: RunRef,
  readThrough: number | undefined,
): InboxMessage['type'][] {
  const { consumed, messages } = pass.changes;
  const through = Math.max(consumed.get(ref.runId)?.through ?? 0, readThrough ?? 0);
  const before = pass.facts.inboxes.get(ref.runId);
  if (before === undefined) return known(pass, 'inboxes', ref.runId);
  return [
    ...before.filter(({ id }) => id > through).map(({ type }) => type),
    ...messages.filter((one) => one.ref.runId === ref.runId).map(({ message }) => message.type),
  ];
}

export function leaseState(pass: Pass, lease: SqlLease): LeaseState {
  let state = pass.leases.get(lease);
  if (state === undefined) {
    state = { sequence: lease.sequence, released: lease.released, proven: false };
    pass.leases.set(lease, state);
  }
  return state;
}
