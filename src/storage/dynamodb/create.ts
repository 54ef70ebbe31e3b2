import { isFinished } from '../../core/run.ts';
import { repeatsItself } from '../admission.ts';
import type { CreateRun, WriteResult } from '../commit.ts';
import type { Connection } from './connection.ts';
import { deliverAll } from './deliver.ts';
import type { RunDoc } from './docs.ts';
import { askGates, inheritPlaces, standAtGates } from './gates.ts';
import { addHook, appendEvents, hold, newRunDoc, setTimer } from './run-doc.ts';
import { countEnd } from './statistics.ts';
import type { Held, Work } from './work.ts';

export async function create(
  connection: Connection,
  work: Work,
  write: CreateRun,
): Promise<WriteResult> {
  return repeatsItself(write) ? { outcome: 'conflict' } : insert(connection, work, write, null);
}

/** The runs that begin with another write. `predecessor`: the run that ends by it, if one does. */
export async function createAll(
  connection: Connection,
  work: Work,
  writes: readonly CreateRun[] = [],
  predecessor: Held<RunDoc> | null,
): Promise<void> {
  for (const write of writes) await createInside(connection, work, write, predecessor);
}

export async function createInside(
  connection: Connection,
  work: Work,
  write: CreateRun,
  predecessor: Held<RunDoc> | null,
): Promise<WriteResult> {
  // Nobody would be told of a lease.
  const attention = write.attention === 'claimed' ? 'ready' : write.attention;
  const result = await insert(connection, work, { ...write, attention }, predecessor);
  if (result.outcome === 'committed') work.wakes = true;
  if (result.outcome === 'gate_full' && write.ifRefused) await deliverAll(work, [write.ifRefused]);
  return result;
}

async function insert(
  connection: Connection,
  work: Work,
  write: CreateRun,
  predecessor: Held<RunDoc> | null,
): Promise<WriteResult> {
  const { run, workerId, attention } = write;
  const plain = run.idempotencyKey === null && (write.gates ?? []).length === 0;
  const held = await work.newRun(run.runId, plain);
  const taken = held.doc === null ? await keyTakenBy(work, write) : run.runId;
  if (taken !== null) return { outcome: 'exists', runId: taken };
  const finished = isFinished(run.status);
  const before = predecessor?.doc ?? null;
  const succeeds = before !== null && run.continuedFromRunId === before.run.runId;
  const gates = finished || succeeds ? [] : (write.gates ?? []);
  const answer = await askGates(connection, work, run, gates);
  if (answer.outcome === 'gate_full') return answer;
  const { waits } = answer;

  const { pk } = held.root;
  const doc = newRunDoc(work, pk, write);
  held.doc = doc;
  await takeKey(work, write);
  appendEvents(work, pk, doc, write.events);
  for (const timer of write.timers) setTimer(doc, timer);
  for (const hook of write.hooks) addHook(work, pk, doc, hook);
  doc.ready = attention === 'ready' && !waits;
  if (succeeds) inheritPlaces(work, doc, before);
  if (gates.length > 0) await standAtGates(connection, work, doc, gates, waits);
  await createAll(connection, work, write.creates, null);
  await deliverAll(work, write.deliveries);
  if (finished) await countEnd(work, doc);
  if (waits) return { outcome: 'committed', waiting: true };
  if (attention !== 'claimed' || workerId === null) return { outcome: 'committed' };
  hold(doc, workerId);
  return {
    outcome: 'committed',
    lease: { runId: run.runId, workerId, epoch: doc.epoch },
  };
}

/** Whoever has the idempotency key and keeps it. */
async function keyTakenBy(work: Work, { run, takesKeyFrom }: CreateRun): Promise<string | null> {
  if (run.idempotencyKey === null) return null;
  const { doc } = await work.key(run.workflowName, run.idempotencyKey);
  if (doc === null) return null;
  if (doc.runId !== takesKeyFrom) return doc.runId;
  const status = (await work.run(doc.runId)).doc?.run.status;
  return status === 'failed' || status === 'cancelled' ? null : doc.runId;
}

/** Whoever has it now is known to give it. */
async function takeKey(work: Work, { run }: CreateRun): Promise<void> {
  if (run.idempotencyKey === null) return;
  const key = await work.key(run.workflowName, run.idempotencyKey);
  const giver = key.doc === null ? null : (await work.run(key.doc.runId)).doc;
  if (giver !== null) giver.run = { ...giver.run, idempotencyKey: null };
  key.doc = { runId: run.runId };
}
