import { isFinished } from '../../core/run.ts';
import type { Deliver, WriteResult } from '../commit.ts';
import { isEnding } from '../messages.ts';
import { nameIn } from './facts.ts';
import { hookView, makeReady, type Pass, type RunView, runView, settle, want } from './pass.ts';
import { COMMITTED } from './results.ts';

export function deliver(pass: Pass, write: Deliver): WriteResult {
  const { message, now } = write;
  noteNeeds(pass, write);
  const run = targetOf(pass, write);
  if (run === null) return { outcome: 'not_found' };
  if (isFinished(run.status)) return { outcome: 'refused', status: run.status };
  if (message.type === 'hook.received') {
    const refusal = receive(pass, run, message, now);
    if (refusal !== null) return refusal;
  }
  pass.changes.messages.push({ ref: run, receivedAt: now, message });
  if (!run.gated || isEnding(message)) makeReady(pass, run);
  return COMMITTED;
}

/** The messages that go out with another write; what becomes of them is not that one's concern. */
export function deliverAll(pass: Pass, writes: readonly Deliver[] | undefined): void {
  for (const write of writes ?? []) {
    if (deliver(pass, write).outcome === 'committed') pass.wakes = true;
  }
}

/** All that can be told beforehand: one round trip instead of two. */
export function noteNeeds(pass: Pass, { runId, message }: Deliver): void {
  if (pass.created.has(runId)) return;
  want(pass, 'runs', runId);
  if (message.type !== 'hook.received') return;
  const name = nameIn(runId, message.hookId);
  if (!pass.changes.newHooks.has(name)) want(pass, 'hooks', name);
}

function targetOf(pass: Pass, { runId, followChain }: Deliver): RunView | null {
  settle(pass);
  let run = runView(pass, runId);
  while (followChain === true && run?.status === 'continued_as_new' && run.continuedTo !== null) {
    run = runView(pass, run.continuedTo);
  }
  return run;
}

/** Marks the hook as received, or says why it cannot be. */
function receive(
  pass: Pass,
  run: RunView,
  { hookId, payload }: Extract<Deliver['message'], { type: 'hook.received' }>,
  now: number,
): WriteResult | null {
  const hook = hookView(pass, run, hookId);
  if (hook === null) return { outcome: 'not_found' };
  if (hook.status !== 'pending') return { outcome: 'refused', status: hook.status };
  if (hook.expiresAt !== null && hook.expiresAt <= now) {
    return { outcome: 'refused', status: 'expired' };
  }
  const { runId } = run;
  const made = pass.changes.newHooks.get(nameIn(runId, hookId));
  if (made !== undefined) {
    made.hook = { ...made.hook, status: 'received', receivedAt: now, payload };
    return null;
  }
  pass.changes.hooks.set(nameIn(runId, hookId), {
    ref: run,
    hookId,
    status: 'received',
    receivedAt: now,
    payload: JSON.stringify(payload),
  });
  return null;
}
