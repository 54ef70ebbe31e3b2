import { isoTime } from '../core/clock.ts';
import { type EventData, type EventType, type NewEvent, newEvent } from '../core/event.ts';
import type { HookRecord } from '../core/hook.ts';
import type { Command } from '../engine/command.ts';
import type { PendingStep } from '../engine/pending.ts';
import type { RunChange } from '../storage/commit.ts';
import type { Timer } from '../storage/store.ts';

/** What one decision about a run will write, and the steps to start once it is written. */
export interface Draft {
  readonly now: number;
  readonly events: NewEvent[];
  readonly timers: Timer[];
  readonly clearTimers: string[];
  readonly hooks: HookRecord[];
  readonly expireHooks: string[];
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

/** Turns what the code asks for into events, timers, hooks and steps to start. */
export function recordCommands(draft: Draft, runId: string, commands: readonly Command[]): void {
  for (const command of commands) {
    switch (command.kind) {
      case 'step':
        record(draft, 'step.started', {
          step_id: command.id,
          step_name: command.name,
          args: command.args,
          attempt: 1,
        });
        draft.startSteps.push(command.id);
        break;
      case 'sleep':
        record(draft, 'sleep.started', {
          sleep_id: command.id,
          duration_seconds: command.durationMs / 1000,
          resume_at: isoTime(command.resumeAt),
          name: command.name,
        });
        draft.timers.push({ id: command.id, kind: 'sleep', dueAt: command.resumeAt });
        break;
      case 'hook':
        record(draft, 'hook.created', {
          hook_id: command.id,
          name: command.name,
          token: command.token,
          url: '',
          expires_at: command.expiresAt === null ? null : isoTime(command.expiresAt),
        });
        draft.hooks.push({
          hookId: command.id,
          runId,
          name: command.name,
          token: command.token,
          status: 'pending',
          createdAt: draft.now,
          receivedAt: null,
          expiresAt: command.expiresAt,
          payload: null,
          payloadSchema: command.schema,
        });
        if (command.expiresAt !== null) {
          draft.timers.push({ id: command.id, kind: 'hook', dueAt: command.expiresAt });
        }
    }
  }
}
