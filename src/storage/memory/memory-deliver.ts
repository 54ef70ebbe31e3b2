import { isFinished } from '../../core/run.ts';
import type { Deliver, WriteResult } from '../commit.ts';
import { isEnding } from '../messages.ts';
import { copyOf, type MemoryRun, type MemoryState } from './memory-state.ts';

export function deliver(state: MemoryState, write: Deliver): WriteResult {
  const run = targetOf(state, write);
  if (run === undefined) return { outcome: 'not_found' };
  const { status } = run.summary;
  if (isFinished(status)) return { outcome: 'refused', status };
  const message = copyOf(write.message);
  if (message.type === 'hook.received') {
    const refusal = receive(run, message, write.now);
    if (refusal !== null) return refusal;
  }
  state.changes.run(run);
  state.lastInboxId += 1;
  run.inbox.push({ ...message, id: state.lastInboxId, receivedAt: write.now });
  if (run.owner === null && (!run.waits || isEnding(message))) state.ready.add(run);
  return { outcome: 'committed' };
}

/** The messages that go out with another write; what becomes of them is not that one's concern. */
export function deliverAll(state: MemoryState, writes: readonly Deliver[] | undefined): void {
  for (const write of writes ?? []) {
    if (deliver(state, write).outcome === 'committed') state.wakes = true;
  }
}

function targetOf(state: MemoryState, { runId, followChain }: Deliver): MemoryRun | undefined {
  let run = state.runs.get(runId);
  while (followChain === true && run?.summary.status === 'continued_as_new') {
    const { continuedToRunId } = run.summary;
    if (continuedToRunId === null) break;
    run = state.runs.get(continuedToRunId);
  }
  return run;
}

/** Marks the hook as received, or says why it cannot be. */
function receive(
  run: MemoryRun,
  { hookId, payload }: Extract<Deliver['message'], { type: 'hook.received' }>,
  now: number,
): WriteResult | null {
  const hook = run.hooks.get(hookId);
  if (hook === undefined) return { outcome: 'not_found' };
  const { record } = hook;
  if (record.status !== 'pending') return { outcome: 'refused', status: record.status };
  if (record.expiresAt !== null && record.expiresAt <= now) {
    return { outcome: 'refused', status: 'expired' };
  }
  hook.record = { ...record, status: 'received', receivedAt: now, payload };
  return null;
}
