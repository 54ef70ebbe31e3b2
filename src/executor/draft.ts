import { type EventData, type EventType, type NewEvent, newEvent } from '../core/event.ts';
import type { HookRecord } from '../core/hook.ts';
import type { PendingStep } from '../engine/pending.ts';
import type { AdvanceRun, CreateRun, Deliver, RunChange } from '../storage/commit.ts';
import type { Lease, Timer } from '../storage/store.ts';

/** What one decision about a run will write, and the steps to start once it is written. */
export interface Draft {
  readonly now: number;
  readonly events: NewEvent[];
  readonly timers: Timer[];
  readonly clearTimers: string[];
  readonly hooks: HookRecord[];
  readonly expireHooks: string[];
  /** Children, or the successor. */
  readonly creates: CreateRun[];
  /** For other runs. */
  readonly deliveries: Deliver[];
  /** Steps whose attempt starts when the draft is on disk. */
  readonly startSteps: string[];
  inboxThrough: number | undefined;
  /** A step has completed: the run is not in a crash loop. */
  progress: boolean;
  run: { -readonly [K in keyof RunChange]?: RunChange[K] };
  release: 'suspend' | 'park' | undefined;
}

/** @param now milliseconds since the epoch; all its events carry it. */
export function createDraft(now: number): Draft {
  return {
    now,
    events: [],
    timers: [],
    clearTimers: [],
    hooks: [],
    expireHooks: [],
    creates: [],
    deliveries: [],
    startSteps: [],
    inboxThrough: undefined,
    progress: false,
    run: {},
    release: undefined,
  };
}

export function record<T extends EventType>(draft: Draft, type: T, data: EventData[T]): void {
  draft.events.push(newEvent(type, draft.now, data));
}

/** The next attempt of a failed step, or the same one again after its process died. */
export function restartStep(draft: Draft, stepId: string, step: PendingStep): void {
  step.retryAt = null;
  record(draft, 'step.started', {
    step_id: stepId,
    step_name: step.definition.name,
    args: step.args ?? [],
    attempt: step.attempt,
  });
  draft.startSteps.push(stepId);
}

/** What the store is asked to write: the whole decision or nothing. */
export function writeOf(lease: Lease, expectedSequence: number, draft: Draft): AdvanceRun {
  const { updatedAt } = draft.run;
  return {
    op: 'advance',
    lease,
    expectedSequence,
    events: draft.events,
    run: updatedAt === undefined ? undefined : { ...draft.run, updatedAt },
    timers: draft.timers,
    clearTimers: draft.clearTimers,
    hooks: draft.hooks,
    expireHooks: draft.expireHooks,
    creates: draft.creates,
    deliveries: draft.deliveries,
    inboxThrough: draft.inboxThrough,
    release: draft.release,
  };
}
