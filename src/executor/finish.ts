import { isoTime } from '../core/clock.ts';
import { encodeError } from '../core/error-codec.ts';
import { CancellationError, NonDeterminismError, StuckWorkflowError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { RunStatus } from '../core/run.ts';
import { openWaitsOf } from '../engine/open-waits.ts';
import type { Outcome } from '../engine/outcome.ts';
import type { ChildEnd } from '../storage/store.ts';
import { getWorkflow } from '../workflow/registry.ts';
import { type Draft, record } from './draft.ts';
import { createReadyRun, successorRecord } from './new-run.ts';
import { requestChildCancel } from './record-commands.ts';
import type { RunInHand } from './run-in-hand.ts';

/** Writes a session's outcome into the draft: a finished run, or a parked one. */
export function recordOutcome(
  run: RunInHand,
  draft: Draft,
  outcome: Outcome,
  lastSequence: number,
): void {
  const { workflowName, runId } = run.summary;
  switch (outcome.kind) {
    case 'completed': {
      const { result } = outcome;
      closeWaits(run, draft, 'completed');
      record(draft, 'workflow.completed', { workflow_name: workflowName, result });
      finish(draft, 'completed', { result, error: null });
      return tellParent(run, draft, { status: 'completed', result });
    }
    case 'failed':
      return recordFailure(run, draft, outcome.error);
    case 'cancelled':
      return recordCancelled(run, draft, outcome.reason, true);
    case 'continued':
      return recordContinued(run, draft, outcome.input);
    case 'diverged': {
      const error = new NonDeterminismError(runId, outcome.divergence);
      return park(draft, 'non_determinism', error, lastSequence);
    }
    case 'stuck': {
      const error = new StuckWorkflowError(runId, outcome.awaiting);
      return park(draft, 'stuck', error, lastSequence);
    }
  }
}

export function recordCancelled(
  run: RunInHand,
  draft: Draft,
  reason: string | null,
  cleanupCompleted: boolean,
): void {
  closeWaits(run, draft, 'cancelled');
  record(draft, 'workflow.cancelled', {
    reason,
    cleanup_completed: cleanupCompleted,
    cancelled_at: isoTime(draft.now),
  });
  const error = new CancellationError(reason);
  // Where it was made says nothing: somebody asked for it.
  error.stack = `${error.name}: ${error.message}`;
  finish(draft, 'cancelled', { error: encodeError(error) });
  tellParent(run, draft, { status: 'cancelled', reason });
}

export function recordFailure(run: RunInHand, draft: Draft, thrown: unknown): void {
  closeWaits(run, draft, 'failed');
  const error = encodeError(thrown);
  record(draft, 'workflow.failed', { error, error_type: error.name });
  finish(draft, 'failed', { error });
  tellParent(run, draft, { status: 'failed', error });
}

function recordContinued(run: RunInHand, draft: Draft, input: Json): void {
  closeWaits(run, draft, 'continued_as_new');
  const { executor, summary } = run;
  const definition = getWorkflow(summary.workflowName);
  const successor = successorRecord(executor, summary, definition, input, draft.now);
  draft.creates.push(createReadyRun(successor, run.workerId));
  record(draft, 'workflow.continued_as_new', {
    new_run_id: successor.runId,
    input,
    reason: null,
    continued_at: isoTime(draft.now),
  });
  finish(draft, 'continued_as_new', { error: null });
  draft.run.continuedToRunId = successor.runId;
}

function finish(
  draft: Draft,
  status: RunStatus,
  change: Pick<Draft['run'], 'result' | 'error'>,
): void {
  // Nobody awaits what the code has asked for last.
  draft.startSteps.length = 0;
  Object.assign(draft.run, change, { status, completedAt: draft.now, updatedAt: draft.now });
  draft.release = 'suspend';
}

/** In the commit of the end itself, so that it reaches the parent exactly once. */
function tellParent({ summary }: RunInHand, draft: Draft, end: ChildEnd): void {
  const { runId: childRunId, parentRunId, childId } = summary;
  if (parentRunId === null || childId === null) return;
  const message = { type: 'child.ended', childId, childRunId, ...end } as const;
  draft.deliveries.push({ op: 'deliver', runId: parentRunId, message, now: draft.now });
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

/** Hooks are disposed of, and children told by their policy that their parent has ended. */
function closeWaits(run: RunInHand, draft: Draft, status: RunStatus): void {
  const { hooks, children } = run.open ?? openWaitsOf(run.session);
  for (const hookId of hooks) record(draft, 'hook.disposed', { hook_id: hookId });
  for (const child of children) {
    if (child.policy === 'abandon' || child.stopping) continue;
    const reason = `Parent workflow ${run.summary.runId} ${status}`;
    const how = child.policy === 'terminate' ? 'terminate' : 'cancel';
    requestChildCancel(draft, child, reason, 'parent_closed', how);
  }
}
