import { isFinished } from '../../core/run.ts';
import type { Deliver, WriteResult } from '../commit.ts';
import { isEnding, ROUSING } from '../messages.ts';
import type { RunDoc } from './docs.ts';
import { append } from './log.ts';
import { receivedHook } from './run-doc.ts';
import type { Held, Work } from './work.ts';

type Receipt = Extract<Deliver['message'], { type: 'hook.received' }>;

export async function deliver(work: Work, write: Deliver): Promise<WriteResult> {
  const target = await targetOf(work, write);
  const { doc } = target;
  if (doc === null) return { outcome: 'not_found' };
  const { status } = doc.run;
  if (isFinished(status)) return { outcome: 'refused', status };
  const { message, now } = write;
  const { pk } = target.root;
  if (message.type === 'hook.received') {
    const refusal = receive(work, pk, doc, message, now);
    if (refusal !== null) return refusal;
  }
  const { inbox } = doc;
  inbox.last += 1;
  if (ROUSING.includes(message.type)) inbox.rousing = inbox.last;
  if (isEnding(message)) inbox.ending = inbox.last;
  const text = JSON.stringify({ ...message, id: inbox.last, receivedAt: now });
  append(inbox.log, pk, 'i', text, 1, work.aside);
  if (doc.owner === null && (!doc.waits || isEnding(message))) doc.ready = true;
  return { outcome: 'committed' };
}

/** The messages that go out with another write; what becomes of them is not that one's concern. */
export async function deliverAll(work: Work, writes: readonly Deliver[] = []): Promise<void> {
  // Read side by side, written in order.
  await Promise.all(writes.map(({ runId }) => work.run(runId)));
  for (const write of writes) {
    if ((await deliver(work, write)).outcome === 'committed') work.wakes = true;
  }
}

async function targetOf(work: Work, { runId, followChain }: Deliver): Promise<Held<RunDoc>> {
  let target = await work.run(runId);
  while (followChain === true && target.doc?.run.status === 'continued_as_new') {
    const { continuedToRunId } = target.doc.run;
    if (continuedToRunId === null) break;
    target = await work.run(continuedToRunId);
  }
  return target;
}

/** Marks the hook as received, or says why it cannot be. */
function receive(
  work: Work,
  pk: string,
  doc: RunDoc,
  { hookId, payload }: Receipt,
  now: number,
): WriteResult | null {
  const hook = doc.hooks.find(({ id }) => id === hookId);
  if (hook === undefined) return { outcome: 'not_found' };
  if (hook.status !== 'pending') return { outcome: 'refused', status: hook.status };
  if (hook.expiresAt !== null && hook.expiresAt <= now) {
    return { outcome: 'refused', status: 'expired' };
  }
  receivedHook(work, pk, hook, payload, now);
  return null;
}
