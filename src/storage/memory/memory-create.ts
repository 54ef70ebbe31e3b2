import { isFinished } from '../../core/run.ts';
import { repeatsItself } from '../admission.ts';
import type { CreateRun, WriteResult } from '../commit.ts';
import { hold } from './memory-claim.ts';
import { deliverAll } from './memory-deliver.ts';
import { askGates, inheritPlaces, standAtGates } from './memory-gates.ts';
import { copyOf, idempotencyEntry, type MemoryRun, type MemoryState } from './memory-state.ts';
import { countEnd } from './memory-statistics.ts';
import { addHook, appendEvents, setTimer } from './memory-waits.ts';
import { registeredWorker } from './memory-workers.ts';

export function create(state: MemoryState, write: CreateRun): WriteResult {
  return repeatsItself(write) ? { outcome: 'conflict' } : insert(state, write, null);
}

/** The runs that begin with another write. `predecessor`: the run that ends by it, if one does. */
export function createAll(
  state: MemoryState,
  writes: readonly CreateRun[] | undefined,
  predecessor: MemoryRun | null,
): void {
  for (const write of writes ?? []) createInside(state, write, predecessor);
}

export function createInside(
  state: MemoryState,
  write: CreateRun,
  predecessor: MemoryRun | null,
): WriteResult {
  // Nobody would be told of a lease.
  const attention = write.attention === 'claimed' ? 'ready' : write.attention;
  const result = insert(state, { ...write, attention }, predecessor);
  if (result.outcome === 'committed') state.wakes = true;
  if (result.outcome === 'gate_full' && write.ifRefused) deliverAll(state, [write.ifRefused]);
  return result;
}

function insert(state: MemoryState, write: CreateRun, predecessor: MemoryRun | null): WriteResult {
  // The payloads live in the history only.
  const { input: _, result: __, ...summary } = write.run;
  const inTheWay = runInTheWay(state, write);
  if (inTheWay !== undefined) return { outcome: 'exists', runId: inTheWay.summary.runId };
  const finished = isFinished(summary.status);
  const succeeds = predecessor !== null && summary.continuedFromRunId === predecessor.summary.runId;
  const gates = finished || succeeds ? [] : (write.gates ?? []);
  const answer = askGates(state, write.run, gates);
  if (answer.outcome === 'gate_full') return answer;
  const { waits } = answer;

  const run = addRun(state, write, copyOf(summary));
  appendEvents(state, run, write.events);
  for (const timer of write.timers) setTimer(state, run, timer);
  for (const hook of write.hooks) addHook(state, run, hook);
  if (write.attention === 'ready' && !waits) state.ready.add(run);
  if (succeeds) inheritPlaces(state, run, predecessor);
  if (gates.length > 0) standAtGates(state, run, gates, waits);
  createAll(state, write.creates, null);
  deliverAll(state, write.deliveries);
  if (finished) countEnd(state, summary);
  if (waits) return { outcome: 'committed', waiting: true };
  if (write.attention !== 'claimed' || write.workerId === null) return { outcome: 'committed' };
  return { outcome: 'committed', lease: hold(state, registeredWorker(state, write.workerId), run) };
}

function addRun(
  state: MemoryState,
  { workerId }: CreateRun,
  summary: MemoryRun['summary'],
): MemoryRun {
  const run: MemoryRun = {
    key: state.runsByKey.length + 1,
    summary,
    sequence: 0,
    events: [],
    timers: new Map(),
    hooks: new Map(),
    inbox: [],
    epoch: 0,
    owner: null,
    home: workerId,
    stands: [],
    gateSet: '',
    waits: false,
  };
  state.runs.set(summary.runId, run);
  state.runsByKey.push(run);
  state.changes.run(run);
  if (summary.idempotencyKey !== null) takeKey(state, run, summary.idempotencyKey);
  return run;
}

/** Whoever has it now is known to give it. */
function takeKey(state: MemoryState, run: MemoryRun, key: string): void {
  const entry = idempotencyEntry(run.summary.workflowName, key);
  const giver = state.byIdempotency.get(entry);
  if (giver !== undefined) {
    giver.summary = { ...giver.summary, idempotencyKey: null };
    state.changes.run(giver);
  }
  state.byIdempotency.set(entry, run);
}

/** Who has the id, or else the idempotency key. */
function runInTheWay(state: MemoryState, { run, takesKeyFrom }: CreateRun): MemoryRun | undefined {
  const byId = state.runs.get(run.runId);
  if (byId !== undefined || run.idempotencyKey === null) return byId;
  const byKey = state.byIdempotency.get(idempotencyEntry(run.workflowName, run.idempotencyKey));
  if (byKey === undefined) return undefined;
  const { runId, status } = byKey.summary;
  const gives = runId === takesKeyFrom && (status === 'failed' || status === 'cancelled');
  return gives ? undefined : byKey;
}
