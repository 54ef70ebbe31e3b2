import { isFinished } from '../../core/run.ts';
import { hasRepeated, repeatsItself } from '../admission.ts';
import type { AdvanceRun, RunChange, WriteResult } from '../commit.ts';
import type { Connection } from './connection.ts';
import { createAll } from './create.ts';
import { deliverAll } from './deliver.ts';
import type { RunDoc } from './docs.ts';
import { leaveGates } from './gates.ts';
import {
  addHook,
  appendEvents,
  changeRun,
  clearTimer,
  consumeInbox,
  dropWaits,
  setTimer,
} from './run-doc.ts';
import { countEnd } from './statistics.ts';
import type { Held, Work } from './work.ts';

export async function advance(
  connection: Connection,
  work: Work,
  write: AdvanceRun,
): Promise<WriteResult> {
  const held = await work.run(write.lease.runId);
  const { doc } = held;
  if (doc === null || doc.owner === null || doc.epoch !== write.lease.epoch) {
    return { outcome: 'lease_lost' };
  }
  if (doc.sequence !== write.expectedSequence) return { outcome: 'conflict' };
  if (contradicts(doc, write)) return { outcome: 'conflict' };

  const { pk } = held.root;
  appendEvents(work, pk, doc, write.events);
  writeWaits(work, pk, doc, write);
  const finished = write.run?.status !== undefined && isFinished(write.run.status);
  const released = await (finished ? end : goOn)(connection, work, held, doc, write);
  return write.release === undefined
    ? { outcome: 'committed' }
    : { outcome: 'committed', released };
}

/** True if a hook is not what the writer takes it for, or something is there twice. */
function contradicts(doc: RunDoc, write: AdvanceRun): boolean {
  const { expireHooks = [], hooks = [], creates = [] } = write;
  const known = new Map(doc.hooks.map(({ id, status }) => [id, status]));
  return (
    expireHooks.some((hookId) => known.get(hookId) !== 'pending') ||
    hooks.some(({ hookId }) => known.has(hookId)) ||
    hasRepeated(hooks, (hook) => hook.hookId) ||
    creates.some(repeatsItself) ||
    (write.run?.status === 'continued_as_new' &&
      doc.inbox.ending > Math.max(doc.inbox.through, write.inboxThrough ?? 0))
  );
}

function writeWaits(work: Work, pk: string, doc: RunDoc, write: AdvanceRun): void {
  const expired = new Set(write.expireHooks);
  for (const hook of doc.hooks) if (expired.has(hook.id)) hook.status = 'expired';
  for (const id of write.clearTimers ?? []) clearTimer(doc, id);
  for (const timer of write.timers ?? []) setTimer(doc, timer);
  for (const hook of write.hooks ?? []) addHook(work, pk, doc, hook);
  if (write.inboxThrough !== undefined) consumeInbox(doc, write.inboxThrough);
}

type Rest = (
  connection: Connection,
  work: Work,
  held: Held<RunDoc>,
  doc: RunDoc,
  write: AdvanceRun,
) => Promise<boolean>;

/** It is finished before anything of it goes out: a message to itself finds nobody. */
const end: Rest = async (connection, work, held, doc, write) => {
  dropWaits(doc);
  changeRun(work, held.root.pk, doc, write.run);
  Object.assign(doc, { owner: null, ready: false });
  await createAll(connection, work, write.creates, held);
  await deliverAll(work, write.deliveries);
  await countEnd(work, doc);
  await leaveGates(connection, work, doc);
  return true;
};

/** What goes out comes before the release: it may have put something into the run's own inbox. */
const goOn: Rest = async (connection, work, held, doc, write) => {
  await createAll(connection, work, write.creates, null);
  await deliverAll(work, write.deliveries);
  const { inbox } = doc;
  const parks = write.release === 'park';
  const released = parks || (write.release === 'suspend' && inbox.last === inbox.through);
  const denied = write.release === 'suspend' && !released;
  changeRun(work, held.root.pk, doc, denied ? stillRunning(write.run) : write.run);
  if (released) doc.owner = null;
  if (parks && inbox.rousing > inbox.through) doc.ready = true;
  return released;
};

/** Whoever is not let go to sleep is awake. */
function stillRunning(change: RunChange | undefined): RunChange | undefined {
  return change?.status === 'suspended' ? { ...change, status: 'running' } : change;
}
