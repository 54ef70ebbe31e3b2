import { PyWorkflowError } from '../core/errors.ts';
import { replay } from '../engine/replay.ts';
import { Session } from '../engine/session.ts';
import type { Claim } from '../storage/store.ts';
import { getWorkflow } from '../workflow/registry.ts';
import { ActiveRun, type ActiveRunListener } from './active-run.ts';
import { createDraft, type Draft, record, recordCommands, restartStep } from './draft.ts';
import type { Executor } from './executor.ts';
import { recordFailure } from './finish.ts';

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
  const refused = claim.lostBy !== null && recordLoss(executor, draft, claim, claim.lostBy);
  const isWarm = warm?.sequence === claim.sequence;
  const session = isWarm
    ? warm.session
    : new Session({
        runId: claim.run.runId,
        workflowName: claim.run.workflowName,
        metadata: claim.run.metadata,
        fn: getWorkflow(claim.run.workflowName).fn,
        onViolation: () => listener.onViolation(claim.run.runId),
      });
  const run = new ActiveRun(executor, listener, {
    lease: claim.lease,
    summary: claim.run,
    session,
    sequence: claim.sequence,
  });
  if (!isWarm && !refused) {
    const events = await executor.store.readEvents(claim.run.runId);
    recordCommands(draft, claim.run.runId, await replay(session, events));
    if (session.outcome === null) restartSteps(session, draft);
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

/** Records that a worker died with the run. True if that was once too often: then the run fails. */
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
  executor.log.warn('recovering a run whose worker died', {
    run_id: run.runId,
    worker_id: workerId,
    attempt,
  });
  if (recoverable) return false;
  const why = run.recoverOnWorkerLoss
    ? `Exceeded max recovery attempts (${run.maxRecoveryAttempts}): its worker died ${attempt} times without progress`
    : 'Worker lost and recovery is disabled';
  recordFailure(
    draft,
    new PyWorkflowError('RUN_FAILED', why, { details: { worker_id: workerId } }),
  );
  return true;
}
