import { isFinished } from '../../core/run.ts';
import { repeatsItself } from '../admission.ts';
import type { CreateRun, WriteResult } from '../commit.ts';
import { eventsToText } from '../event-text.ts';
import type { NewRun, RunRef } from './changes.ts';
import { countEnd } from './count-end.ts';
import { deliverAll, noteNeeds } from './decide-deliver.ts';
import { askGates, inheritPlaces, standAtGates, wantGates } from './decide-gates.ts';
import { nameIn } from './facts.ts';
import { keyIndex } from './key-index.ts';
import { known, type Pass, settle, want } from './pass.ts';
import { COMMITTED, CONFLICT } from './results.ts';
import type { SqlLease } from './sql-lease.ts';

export function create(pass: Pass, write: CreateRun): WriteResult {
  if (repeatsItself(write)) return CONFLICT;
  noteCreateNeeds(pass, write);
  return insert(pass, write, null);
}

/** The runs that begin with another write. `predecessor`: the run that ends by it, if one does. */
export function createAll(
  pass: Pass,
  writes: readonly CreateRun[] | undefined,
  predecessor: SqlLease | null,
): void {
  for (const write of writes ?? []) createInside(pass, write, predecessor);
}

export function createInside(
  pass: Pass,
  write: CreateRun,
  predecessor: SqlLease | null,
): WriteResult {
  // Nobody would be told of a lease.
  const attention = write.attention === 'claimed' ? 'ready' : write.attention;
  const result = insert(pass, { ...write, attention }, predecessor);
  if (result.outcome === 'committed') pass.wakes = true;
  if (result.outcome === 'gate_full' && write.ifRefused) deliverAll(pass, [write.ifRefused]);
  return result;
}

/** All that can be told beforehand: one round trip instead of several. */
export function noteCreateNeeds(pass: Pass, write: CreateRun): void {
  const { run } = write;
  if (pass.created.has(run.runId)) return;
  if (looksFirst(pass, write)) {
    want(pass, 'runs', run.runId);
    if (run.idempotencyKey !== null) {
      want(pass, 'keys', keyIndex(run.workflowName, run.idempotencyKey));
    }
  }
  if (!isFinished(run.status)) wantGates(pass, write.gates ?? []);
  for (const made of write.creates ?? []) noteCreateNeeds(pass, made);
  for (const sent of write.deliveries ?? []) noteNeeds(pass, sent);
}

/** An id is random and free; a unique index says if it is not, and then the batch looks first. */
function looksFirst({ cautious }: Pass, { run, gates = [], takesKeyFrom }: CreateRun): boolean {
  return cautious || run.idempotencyKey !== null || gates.length > 0 || takesKeyFrom !== undefined;
}

function insert(pass: Pass, write: CreateRun, predecessor: SqlLease | null): WriteResult {
  const { run } = write;
  const finished = isFinished(run.status);
  const succeeds = predecessor !== null && run.continuedFromRunId === predecessor.runId;
  const gates = finished || succeeds ? [] : (write.gates ?? []);
  settle(pass);
  const taken = runInTheWay(pass, write);
  if (taken !== null) return { outcome: 'exists', runId: taken };
  const answer = askGates(pass, run, gates);
  if (answer.outcome === 'gate_full') return answer;
  const { waits } = answer;

  const ref = add(pass, write, waits);
  appendNew(pass, ref, write);
  if (succeeds) inheritPlaces(pass, ref, predecessor);
  if (gates.length > 0) standAtGates(pass, ref, gates, waits);
  createAll(pass, write.creates, null);
  deliverAll(pass, write.deliveries);
  if (finished) countEnd(pass, run.scheduleId, run.status);
  return waits ? { outcome: 'committed', waiting: true } : COMMITTED;
}

function add(pass: Pass, write: CreateRun, waits: boolean): NewRun {
  const { run, workerId, attention } = write;
  const made: NewRun = {
    id: null,
    runId: run.runId,
    write,
    home: workerId === null ? null : pass.workerKey(workerId),
    claimed: attention === 'claimed' && !waits && workerId !== null,
    ready: attention === 'ready' && !waits,
    gated: waits,
  };
  pass.created.set(run.runId, made);
  pass.changes.newRuns.push(made);
  if (run.idempotencyKey !== null) {
    const key = keyIndex(run.workflowName, run.idempotencyKey);
    pass.createdKeys.set(key, made);
    // It may have lost its key already: then it is not in the way either.
    if (pass.facts.keys.get(key) !== null && write.takesKeyFrom !== undefined) {
      pass.changes.givers.push(write.takesKeyFrom);
    }
  }
  return made;
}

function appendNew({ changes }: Pass, ref: RunRef, { events, timers, hooks }: CreateRun): void {
  const { runId } = ref;
  if (events.length > 0) {
    const row = { ref, sequence: 1, count: events.length, events: eventsToText(events) };
    changes.history.push(row);
  }
  for (const timer of timers) {
    changes.timers.set(nameIn(runId, timer.id), { ref, id: timer.id, timer });
  }
  for (const hook of hooks) {
    changes.newHooks.set(nameIn(runId, hook.hookId), { ref, hook });
  }
}

const GIVE_THEIR_KEY: readonly string[] = ['failed', 'cancelled'];

/** Who has the id, or else the idempotency key; null if the run can be created. */
function runInTheWay(pass: Pass, write: CreateRun): string | null {
  const { run, takesKeyFrom } = write;
  if (pass.created.has(run.runId)) return run.runId;
  if (!looksFirst(pass, write)) return null;
  if (known(pass, 'runs', run.runId) !== null) return run.runId;
  if (run.idempotencyKey === null) return null;
  const key = keyIndex(run.workflowName, run.idempotencyKey);
  const made = pass.createdKeys.get(key);
  if (made !== undefined) return made.runId;
  const has = known<{ runId: string; status: string } | null>(pass, 'keys', key);
  if (has === null) return null;
  // By an earlier write of the batch it may have ended, or lost its key.
  const status = pass.changes.patches.get(has.runId)?.change.status ?? has.status;
  const gives = has.runId === takesKeyFrom && GIVE_THEIR_KEY.includes(status);
  return gives ? null : has.runId;
}
