import { isoTime } from '../core/clock.ts';
import { WorkflowTimeoutError } from '../core/errors.ts';
import type { RunStatus, RunSummary } from '../core/run.ts';
import type { Delivery } from '../engine/history.ts';
import type { Outcome } from '../engine/outcome.ts';
import type { PendingStep } from '../engine/pending.ts';
import type { Session } from '../engine/session.ts';
import type { InboxEntry, Timer } from '../storage/store.ts';
import type { AttemptEnd } from './attempt.ts';
import { type Draft, record } from './draft.ts';
import type { Executor } from './executor.ts';
import { disposeHooks, recordCancelled, recordFailure } from './finish.ts';
import { recordStepEnd } from './step-end.ts';

/** What can happen to a run that this process holds. */
export type Arrival =
  | { readonly type: 'attempt'; readonly stepId: string; readonly end: AttemptEnd }
  | { readonly type: 'inbox'; readonly entry: InboxEntry }
  | { readonly type: 'timer'; readonly timer: Timer };

/** A step whose next attempt is due. */
export interface RetryDue {
  readonly type: 'retry';
  readonly stepId: string;
  readonly step: PendingStep;
}

interface Run {
  readonly session: Session;
  readonly summary: RunSummary;
  readonly status: RunStatus;
  /** Of the last event on disk. */
  readonly sequence: number;
}

/**
 * Records an arrival in the draft. Gives the event to deliver to the code, a step to try again, or
 * null if the code need not know.
 */
export function recordArrival(
  executor: Executor,
  run: Run,
  draft: Draft,
  arrival: Arrival,
): Delivery | RetryDue | null {
  switch (arrival.type) {
    case 'attempt': {
      const step = run.session.pending.get(arrival.stepId)?.step;
      // Cancelled while it ran: nobody waits for it any more.
      if (step === undefined) return null;
      return recordStepEnd(executor, draft, arrival.stepId, step, arrival.end, run.sequence);
    }
    case 'inbox':
      draft.inboxThrough = arrival.entry.id;
      return recordMessage(run, draft, arrival.entry);
    case 'timer':
      draft.clearTimers.push(arrival.timer.id);
      return recordTimer(run, draft, arrival.timer);
  }
}

/**
 * What counts although the code cannot go on: a request to try again is answered even if the run
 * parks again at once, and a parked run can be cancelled.
 */
export function recordWithoutCode(run: Run, draft: Draft, arrivals: readonly Arrival[]): void {
  const { outcome } = run.session;
  const parked = outcome !== null && isParked(outcome) && draft.release === undefined;
  let blocked = false;
  for (const arrival of arrivals) {
    if (arrival.type !== 'inbox') continue;
    const { entry } = arrival;
    if (entry.type === 'cancel' && parked) {
      recordRequest(draft, entry.reason, entry.requestedBy);
      return recordCancelled(draft, run.session, entry.reason, false);
    }
    if (entry.type !== 'resume') blocked = true;
    else if (!blocked) draft.inboxThrough = entry.id;
  }
}

export function recordStepCancelled(
  draft: Draft,
  stepId: string,
  step: PendingStep,
  reason: string | null,
): void {
  const names = { step_id: stepId, step_name: step.definition.name };
  record(draft, 'step.cancelled', { ...names, reason, cancelled_at: isoTime(draft.now) });
}

function recordMessage(run: Run, draft: Draft, entry: InboxEntry): Delivery | null {
  switch (entry.type) {
    case 'hook.received': {
      if (!run.session.pending.has(entry.hookId)) return null;
      const data = { hook_id: entry.hookId, payload: entry.payload };
      record(draft, 'hook.received', data);
      draft.clearTimers.push(entry.hookId);
      return { type: 'hook.received', ...position(run, draft), data };
    }
    case 'cancel': {
      if (run.session.cancelled !== null) return null;
      const data = recordRequest(draft, entry.reason, entry.requestedBy);
      return { type: 'cancellation.requested', ...position(run, draft), data };
    }
    case 'resume':
      if (run.status === 'interrupted') {
        record(draft, 'workflow.resumed', { requested_by: entry.requestedBy });
        draft.run.error = null;
      }
      return null;
  }
}

function isParked({ kind }: Outcome): boolean {
  return kind === 'diverged' || kind === 'stuck';
}

function recordRequest(draft: Draft, reason: string | null, requestedBy: string) {
  const data = { reason, requested_by: requestedBy, requested_at: isoTime(draft.now) };
  record(draft, 'cancellation.requested', data);
  return data;
}

function recordTimer(run: Run, draft: Draft, timer: Timer): Delivery | RetryDue | null {
  if (timer.kind === 'deadline') {
    disposeHooks(draft, run.session);
    recordFailure(draft, new WorkflowTimeoutError(run.summary.runId, run.summary.maxDuration ?? 0));
    return null;
  }
  const pending = run.session.pending.get(timer.id);
  if (pending === undefined) return null;
  switch (timer.kind) {
    case 'sleep': {
      const data = { sleep_id: timer.id };
      record(draft, 'sleep.completed', data);
      return { type: 'sleep.completed', ...position(run, draft), data };
    }
    case 'hook': {
      const data = { hook_id: timer.id, expired_at: isoTime(draft.now) };
      record(draft, 'hook.expired', data);
      draft.expireHooks.push(timer.id);
      return { type: 'hook.expired', ...position(run, draft), data };
    }
    case 'retry':
      return pending.step === undefined
        ? null
        : { type: 'retry', stepId: timer.id, step: pending.step };
  }
}

/** Where the event just recorded stands. */
function position(run: Run, draft: Draft): { sequence: number; timestamp: number } {
  return { sequence: run.sequence + draft.events.length, timestamp: draft.now };
}
