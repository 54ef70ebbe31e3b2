import { PyWorkflowError } from '../core/errors.ts';
import { type OpenWaits, openWaitsIn } from '../engine/open-waits.ts';
import { replay } from '../engine/replay.ts';
import type { Session } from '../engine/session.ts';
import type { Claim, InboxEntry } from '../storage/store.ts';
import { getWorkflow } from '../workflow/registry.ts';
import { ActiveRun } from './active-run.ts';
import type { ActiveRunListener } from './active-run-listener.ts';
import { recordRequest } from './arrival.ts';
import { createDraft, type Draft, record, restartStep } from './draft.ts';
import type { Executor } from './executor.ts';
import { recordCancelled, recordFailure } from './finish.ts';
import { recordCommands } from './record-commands.ts';
import { createSession, type RunInHand } from './run-in-hand.ts';
import { deadlineOf } from './start-run.ts';

/** A session that was kept after its run was suspended. */
export interface WarmSession {
  readonly session: Session;
  /** Of the last event it has seen. */
  readonly sequence: number;
}

/** A run taken up, and what its first decision says already: hand it to `begin`. */
export interface OpenedRun {
  readonly run: ActiveRun;
  readonly draft: Draft;
}

/**
 * Takes up a claimed run: with its warm session if that has seen everything, else by replaying its
 * history. What the code asks for beyond the history, and steps whose process died, start anew.
 */
export async function openRun(
  executor: Executor,
  listener: ActiveRunListener,
  claim: Claim,
  warm: WarmSession | undefined,
): Promise<OpenedRun> {
  const draft = createDraft(executor.clock.now());
  const { run: summary, lease, sequence } = claim;
  const isWarm = warm?.sequence === sequence;
  const session = isWarm
    ? warm.session
    : createSession(executor, summary, getWorkflow(summary.workflowName), listener.onViolation);
  const take = (open: OpenWaits | null) =>
    new ActiveRun(executor, listener, { lease, summary, session, sequence, open });

  const recoverable = claim.lostBy === null || recordLoss(executor, draft, claim, claim.lostBy);
  const isNew = summary.startedAt === null;
  const unwanted = isNew ? claim.arrivals.inbox.find(isCancel) : undefined;
  if (isWarm && recoverable) return { run: take(null), draft };
  const events = await executor.store.readEvents(summary.runId);
  if (!recoverable || unwanted !== undefined) {
    // Its code is not run: it may be what kills the workers, or is not wanted any more.
    const run = take(openWaitsIn(events));
    if (!recoverable) recordFailure(run, draft, tooManyLosses(claim));
    else if (unwanted !== undefined) recordNeverBegun(run, draft, unwanted);
    return { run, draft };
  }
  const [first] = events;
  // Nobody has begun it yet: its time begins now, not when it was ordered.
  const history =
    first !== undefined && events.length === 1 ? [{ ...first, timestamp: draft.now }] : events;
  const commands = await replay(session, history);
  if (!isNew) executor.observer?.runReplayed(summary, events.length);
  const parked = session.outcome?.kind === 'diverged' || session.outcome?.kind === 'stuck';
  const run = take(parked ? openWaitsIn(events) : null);
  recordCommands(run, draft, commands);
  if (session.outcome === null) restartSteps(session, draft);
  if (isNew && summary.maxDuration !== null) {
    draft.timers.push(deadlineOf(summary.maxDuration, draft.now));
  }
  return { run, draft };
}

/** Steps that were running when the run was last held: their outcome is unknown, so they run again. */
function restartSteps(session: Session, draft: Draft): void {
  for (const { id, step } of session.pending.values()) {
    if (step === undefined || step.retryAt !== null || draft.startSteps.includes(id)) continue;
    restartStep(draft, id, step);
  }
}

/** Records that a worker died with the run. False if that was once too often. */
function recordLoss(executor: Executor, draft: Draft, claim: Claim, workerId: string): boolean {
  const { run } = claim;
  const attempt = run.recoveryAttempts + 1;
  const recoverable = run.recoverOnWorkerLoss && attempt <= run.maxRecoveryAttempts;
  record(draft, 'workflow.interrupted', {
    reason: 'worker_lost',
    worker_id: workerId,
    last_event_sequence: claim.sequence,
    error: null,
    recovery_attempt: attempt,
    recoverable,
  });
  Object.assign(draft.run, { recoveryAttempts: attempt, updatedAt: draft.now });
  const facts = { run_id: run.runId, worker_id: workerId, attempt };
  executor.log.warn('recovering a run whose worker died', facts);
  executor.observer?.runRecovered(run, workerId);
  return recoverable;
}

function tooManyLosses({ run, lostBy }: Claim): Error {
  const why = run.recoverOnWorkerLoss
    ? `Exceeded max recovery attempts (${run.maxRecoveryAttempts}): its worker died ${run.recoveryAttempts + 1} times without progress`
    : 'Worker lost and recovery is disabled';
  return new PyWorkflowError('RUN_FAILED', why, { details: { worker_id: lostBy } });
}

type CancelEntry = Extract<InboxEntry, { type: 'cancel' | 'terminate' }>;

function isCancel(entry: InboxEntry): entry is CancelEntry {
  return entry.type === 'cancel' || entry.type === 'terminate';
}

/** Cancelled before its first line has run: there is nothing to clean up. */
function recordNeverBegun(run: RunInHand, draft: Draft, entry: CancelEntry): void {
  draft.inboxThrough = entry.id;
  recordRequest(draft, entry.reason, entry.requestedBy);
  recordCancelled(run, draft, entry.reason, true);
}
