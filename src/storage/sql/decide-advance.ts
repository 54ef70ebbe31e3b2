import { isFinished, type RunStatus } from '../../core/run.ts';
import { hasRepeated, repeatsItself } from '../admission.ts';
import type { AdvanceRun, RunChange, WriteResult } from '../commit.ts';
import { eventsToText } from '../event-text.ts';
import { isEnding, ROUSING } from '../messages.ts';
import type { RunPatch, RunRef } from './changes.ts';
import { countEnd } from './count-end.ts';
import { createAll, noteCreateNeeds } from './decide-create.ts';
import { deliverAll, noteNeeds } from './decide-deliver.ts';
import { leaveGates, wantGateNames } from './decide-gates.ts';
import { nameIn } from './facts.ts';
import {
  hookView,
  inboxTypes,
  known,
  leaseState,
  type Pass,
  patchOf,
  runView,
  settle,
  unreadTypes,
  want,
} from './pass.ts';
import { COMMITTED, CONFLICT, LEASE_LOST, NOT_RELEASED, RELEASED } from './results.ts';
import { type SqlLease, UNPROVEN } from './sql-lease.ts';

export function advance(pass: Pass, write: AdvanceRun): WriteResult {
  const lease = write.lease as SqlLease;
  const state = leaseState(pass, lease);
  noteAdvanceNeeds(pass, write, lease);
  if (!holds(pass, lease)) return LEASE_LOST;
  state.proven = true;
  if (state.sequence !== write.expectedSequence) return CONFLICT;
  settle(pass);
  if (contradicts(pass, write, lease)) return CONFLICT;

  const { events } = write;
  if (events.length > 0) {
    const sequence = write.expectedSequence + 1;
    const text = eventsToText(events);
    pass.changes.history.push({ ref: lease, sequence, count: events.length, events: text });
  }
  writeWaits(pass, lease, write);
  const status = write.run?.status;
  const finished = status !== undefined && isFinished(status);
  const released = finished ? end(pass, lease, write, status) : goOn(pass, lease, write);
  state.sequence += events.length;
  state.released = released;
  if (write.release === undefined) return COMMITTED;
  return released ? RELEASED : NOT_RELEASED;
}

/** All that can be told beforehand: one round trip instead of several. */
function noteAdvanceNeeds(pass: Pass, write: AdvanceRun, lease: SqlLease): void {
  const { runId } = lease;
  const { hooks = [], expireHooks = [], release, run } = write;
  if (lease.fence !== pass.fence) want(pass, 'runs', runId);
  const ends = run?.status !== undefined && isFinished(run.status);
  if (ends) wantGateNames(pass, lease.gates);
  if (release !== undefined && (!ends || run?.status === 'continued_as_new')) {
    // Whoever sends a message locks the run: what is in the inbox now is all there is.
    want(pass, 'runs', runId);
    want(pass, 'inboxes', runId);
  }
  for (const hookId of [...hooks.map((hook) => hook.hookId), ...expireHooks]) {
    const name = nameIn(runId, hookId);
    if (pass.changes.newHooks.has(name) || pass.changes.hooks.has(name)) continue;
    // A hook takes its payload under the lock of its run.
    want(pass, 'runs', runId);
    want(pass, 'hooks', name);
  }
  for (const made of write.creates ?? []) noteCreateNeeds(pass, made);
  for (const sent of write.deliveries ?? []) noteNeeds(pass, sent);
}

function holds(pass: Pass, lease: SqlLease): boolean {
  const state = leaseState(pass, lease);
  if (state.released) return false;
  if (lease.fence === pass.fence) return true;
  const run = runView(pass, lease.runId);
  if (run === null || run.owner === null || run.epoch !== lease.epoch) return false;
  if (lease.fence !== UNPROVEN || state.sequence !== lease.sequence) return true;
  // Of an earlier commit it is not known whether it took place.
  state.sequence = known(pass, 'positions', lease.runId);
  return true;
}

/** True if a hook is not what the writer takes it for, or something is there twice. */
function contradicts(pass: Pass, write: AdvanceRun, ref: RunRef): boolean {
  const { expireHooks = [], hooks = [], creates = [] } = write;
  return (
    expireHooks.some((hookId) => hookView(pass, ref, hookId)?.status !== 'pending') ||
    hooks.some(({ hookId }) => hookView(pass, ref, hookId) !== null) ||
    hasRepeated(hooks, (hook) => hook.hookId) ||
    creates.some(repeatsItself) ||
    (write.run?.status === 'continued_as_new' &&
      unreadTypes(pass, ref, write.inboxThrough).some((type) => isEnding({ type })))
  );
}

function writeWaits({ changes }: Pass, ref: SqlLease, write: AdvanceRun): void {
  const { runId } = ref;
  for (const hookId of write.expireHooks ?? []) {
    const name = nameIn(runId, hookId);
    const made = changes.newHooks.get(name);
    if (made !== undefined) {
      made.hook = { ...made.hook, status: 'expired' };
      continue;
    }
    const change = { ref, hookId, status: 'expired' as const, receivedAt: null, payload: null };
    changes.hooks.set(name, change);
  }
  for (const id of write.clearTimers ?? []) {
    changes.timers.set(nameIn(runId, id), { ref, id, timer: null });
  }
  for (const timer of write.timers ?? []) {
    changes.timers.set(nameIn(runId, timer.id), { ref, id: timer.id, timer });
  }
  for (const hook of write.hooks ?? []) {
    changes.newHooks.set(nameIn(runId, hook.hookId), { ref, hook });
  }
  if (write.inboxThrough !== undefined) consume(changes.messages, changes.consumed, ref, write);
}

function consume(
  messages: Pass['changes']['messages'],
  consumed: Pass['changes']['consumed'],
  ref: SqlLease,
  { inboxThrough: through = 0 }: AdvanceRun,
): void {
  consumed.set(ref.runId, { ref, through });
  // What this very batch delivers has no number yet, but one that is higher than all that are known.
  if (through < Number.MAX_SAFE_INTEGER) return;
  const kept = messages.filter((one) => one.ref.runId !== ref.runId);
  messages.splice(0, messages.length, ...kept);
}

/** It is finished before anything of it goes out: a message to itself finds nobody. */
function end(pass: Pass, lease: SqlLease, write: AdvanceRun, status: RunStatus): boolean {
  const { changes } = pass;
  const ref = lease;
  apply(patchOf(pass, ref), write.run);
  Object.assign(patchOf(pass, ref), { released: true, ready: false });
  changes.ended.set(ref.runId, ref);
  createAll(pass, write.creates, lease);
  deliverAll(pass, write.deliveries);
  countEnd(pass, lease.scheduleId, status);
  leaveGates(pass, lease);
  return true;
}

/** What goes out comes before the release: it may have put something into the run's own inbox. */
function goOn(pass: Pass, lease: SqlLease, write: AdvanceRun): boolean {
  createAll(pass, write.creates, null);
  deliverAll(pass, write.deliveries);
  const { release } = write;
  const waiting = release === undefined ? [] : inboxTypes(pass, lease);
  const released = release === 'park' || (release === 'suspend' && waiting.length === 0);
  if (write.run === undefined && !released) return false;
  const patch = patchOf(pass, lease);
  apply(patch, release === 'suspend' && !released ? stillRunning(write.run) : write.run);
  if (released) {
    patch.released = true;
    patch.ready = release === 'park' && waiting.some((type) => ROUSING.includes(type as never));
  }
  return released;
}

/** Whoever is not let go to sleep is awake. */
function stillRunning(change: RunChange | undefined): RunChange | undefined {
  return change?.status === 'suspended' ? { ...change, status: 'running' } : change;
}

/** A run starts only once; for the rest, the latest holds. */
function apply(patch: RunPatch, change: RunChange | undefined): void {
  if (change === undefined) return;
  const { startedAt } = patch.change;
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  patch.change = { ...patch.change, ...Object.fromEntries(given) };
  if (startedAt !== undefined) patch.change = { ...patch.change, startedAt };
}
