import { isoTime } from '../core/clock.ts';
import type { Pending, PendingStep } from '../engine/pending.ts';
import type { InboxEntry } from '../storage/store.ts';
import { type Draft, record } from './draft.ts';
import { requestChildCancel } from './record-commands.ts';
import type { RunInHand } from './run-in-hand.ts';

/** The children are asked to stop with their parent; a shield covers those that began in it. */
export function cancelChildren(run: RunInHand, draft: Draft, reason: string | null): void {
  for (const child of run.session.children.values()) {
    if (child.end !== null || child.cancelRequested) continue;
    if (child.shielded || child.policy === 'abandon') continue;
    child.cancelRequested = true;
    const why = reason ?? `Parent workflow ${run.summary.runId} cancelled`;
    requestChildCancel(draft, child, why, 'parent_cancelled');
  }
}

/**
 * Records what a cancelled run awaits no more.
 * @param waiting what it awaited before
 * @returns the steps among it: their attempts are to be told
 */
export function recordCalledOff(
  { session }: RunInHand,
  draft: Draft,
  waiting: readonly Pending[],
  reason: string | null,
): PendingStep[] {
  const steps: PendingStep[] = [];
  for (const { id, kind, name, step } of waiting) {
    if (session.pending.has(id)) continue;
    draft.clearTimers.push(id);
    if (kind === 'hook') record(draft, 'hook.disposed', { hook_id: id });
    if (step === undefined) continue;
    steps.push(step);
    const names = { step_id: id, step_name: name ?? step.definition.name };
    record(draft, 'step.cancelled', { ...names, reason, cancelled_at: isoTime(draft.now) });
  }
  return steps;
}

/** Milliseconds after which a run that was cancelled and goes on is worth a warning. */
const WARN_AFTER_MS = 30_000;

/** Tells the operator of a run that refuses to end. Returns how to call that off. */
export function warnUnlessEnded({ executor, session, summary }: RunInHand): () => void {
  return executor.clock.after(WARN_AFTER_MS, () => {
    const waiting = [...session.pending.keys()];
    executor.log.warn('a cancelled run refuses to end', { run_id: summary.runId, waiting });
  });
}

/**
 * Passes what has asked a run to stop on to the run that it continues as, in the same commit.
 * @param inbox what the run has not read
 * @returns false if there is nothing of the kind
 */
export function handOn(draft: Draft, inbox: readonly InboxEntry[]): boolean {
  const runId = draft.run.continuedToRunId;
  const last = inbox.at(-1);
  const before = draft.deliveries.length;
  if (runId === undefined || last === undefined) return false;
  draft.inboxThrough = last.id;
  for (const entry of inbox) {
    if (entry.type !== 'cancel' && entry.type !== 'terminate') continue;
    const { type, reason, requestedBy } = entry;
    const message = { type, reason, requestedBy };
    draft.deliveries.push({ op: 'deliver', runId, message, now: draft.now });
  }
  return draft.deliveries.length > before;
}
