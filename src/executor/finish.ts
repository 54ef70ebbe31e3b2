import { isoTime } from '../core/clock.ts';
import { encodeError } from '../core/error-codec.ts';
import { NonDeterminismError, StuckWorkflowError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Outcome } from '../engine/outcome.ts';
import type { Session } from '../engine/session.ts';
import { type Draft, record } from './draft.ts';

/** Writes a session's outcome into the draft: a finished run, or a parked one. */
export function recordOutcome(
  draft: Draft,
  session: Session,
  outcome: Outcome,
  lastSequence: number,
): void {
  switch (outcome.kind) {
    case 'completed':
      disposeHooks(draft, session);
      record(draft, 'workflow.completed', {
        workflow_name: session.workflowName,
        result: outcome.result,
      });
      return finish(draft, 'completed', { result: outcome.result, error: null });
    case 'failed':
      disposeHooks(draft, session);
      return recordFailure(draft, outcome.error);
    case 'cancelled':
      return recordCancelled(draft, session, outcome.reason, true);
    case 'diverged': {
      const error = new NonDeterminismError(session.runId, outcome.divergence);
      return park(draft, 'non_determinism', error, lastSequence);
    }
    case 'stuck':
      return park(
        draft,
        'stuck',
        new StuckWorkflowError(session.runId, outcome.awaiting),
        lastSequence,
      );
  }
}

export function recordCancelled(
  draft: Draft,
  session: Session,
  reason: string | null,
  cleanupCompleted: boolean,
): void {
  disposeHooks(draft, session);
  record(draft, 'workflow.cancelled', {
    reason,
    cleanup_completed: cleanupCompleted,
    cancelled_at: isoTime(draft.now),
  });
  finish(draft, 'cancelled', { error: null });
}

export function recordFailure(draft: Draft, thrown: unknown): void {
  const error = encodeError(thrown);
  record(draft, 'workflow.failed', { error, error_type: error.name });
  finish(draft, 'failed', { error });
}

function finish(
  draft: Draft,
  status: 'completed' | 'failed' | 'cancelled',
  change: Pick<Draft['run'], 'result' | 'error'>,
): void {
  // Nobody awaits what the code has asked for last.
  draft.startSteps.length = 0;
  Object.assign(draft.run, change, { status, completedAt: draft.now, updatedAt: draft.now });
  draft.release = 'suspend';
}

/** Parked, not destroyed: what was recorded stays, and `resume` tries again. */
function park(
  draft: Draft,
  reason: 'non_determinism' | 'stuck',
  error: NonDeterminismError | StuckWorkflowError,
  lastSequence: number,
): void {
  draft.startSteps.length = 0;
  record(draft, 'workflow.interrupted', {
    reason,
    worker_id: null,
    last_event_sequence: lastSequence,
    error: error.message,
    recovery_attempt: 0,
    recoverable: true,
    details: error.details as Json,
  });
  Object.assign(draft.run, {
    status: 'interrupted',
    error: encodeError(error),
    updatedAt: draft.now,
  });
  draft.release = 'park';
}

export function disposeHooks(draft: Draft, session: Session): void {
  for (const pending of session.pending.values()) {
    if (pending.kind === 'hook') record(draft, 'hook.disposed', { hook_id: pending.id });
  }
}
