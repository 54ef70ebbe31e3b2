import { isoTime } from '../core/clock.ts';
import { WorkflowTimeoutError } from '../core/errors.ts';
import type { EventData } from '../core/event.ts';
import type { RunProgress, RunStatus } from '../core/run.ts';
import type { Delivery } from '../engine/history.ts';
import type { Outcome } from '../engine/outcome.ts';
import type { PendingStep } from '../engine/pending.ts';
import type { InboxEntry, Timer } from '../storage/store.ts';
import type { AttemptEnd } from './attempt.ts';
import { recordChildEnd } from './child-end.ts';
import { type Draft, record } from './draft.ts';
import { recordCancelled, recordFailure } from './finish.ts';
import type { RunInHand } from './run-in-hand.ts';
import { recordStepEnd } from './step-end.ts';

/** What can happen to a run that this process holds. */
export type Arrival =
  | { readonly type: 'attempt'; readonly stepId: string; readonly end: AttemptEnd }
  | { readonly type: 'inbox'; readonly entry: InboxEntry }
  | { readonly type: 'timer'; readonly timer: Timer }
  /** What a step has to say while it runs. */
  | { readonly type: 'progress'; readonly progress: Omit<RunProgress, 'at'> }
  | { readonly type: 'log'; readonly data: EventData['log.recorded'] };

/** A step whose next attempt is due. */
export interface RetryDue {
  readonly type: 'retry';
  readonly stepId: string;
  readonly step: PendingStep;
}

interface Run extends RunInHand {
  readonly status: RunStatus;
  /** Of the last event on disk. */
  readonly sequence: number;
}

/**
 * Records an arrival in the draft. Gives the event to deliver to the code, a step to try again, or
 * null if the code need not know.
 */
export function recordArrival(
  run: Run,
  draft: Draft,
  arrival: Arrival,
): Delivery | RetryDue | null {
  switch (arrival.type) {
    case 'attempt': {
      const step = run.session.pending.get(arrival.stepId)?.step;
      // Cancelled while it ran: nobody waits for it any more.
      if (step === undefined) return null;
      return recordStepEnd(run.executor, draft, arrival.stepId, step, arrival.end, run.sequence);
    }
    case 'progress':
      Object.assign(draft.run, {
        progress: { ...arrival.progress, at: draft.now },
        updatedAt: draft.now,
      });
      return null;
    case 'log':
      record(draft, 'log.recorded', arrival.data);
      return null;
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
    if ((entry.type === 'cancel' || entry.type === 'terminate') && parked) {
      recordRequest(draft, entry.reason, entry.requestedBy);
      return recordCancelled(run, draft, entry.reason, false);
    }
    if (entry.type !== 'resume') blocked = true;
    else if (!blocked) draft.inboxThrough = entry.id;
  }
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
    case 'terminate':
      recordRequest(draft, entry.reason, entry.requestedBy);
      recordCancelled(run, draft, entry.reason, false);
      return null;
    case 'child.ended':
      return recordChildEnd(run, draft, entry);
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

export function recordRequest(draft: Draft, reason: string | null, requestedBy: string) {
  const data = { reason, requested_by: requestedBy, requested_at: isoTime(draft.now) };
  record(draft, 'cancellation.requested', data);
  return data;
}

function recordTimer(run: Run, draft: Draft, timer: Timer): Delivery | RetryDue | null {
  if (timer.kind === 'deadline') {
    const { runId, maxDuration } = run.summary;
    recordFailure(run, draft, new WorkflowTimeoutError(runId, maxDuration ?? 0));
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
