import { isoTime } from '../core/clock.ts';
import { encodeError } from '../core/error-codec.ts';
import { WorkflowAlreadyRunningError } from '../core/errors.ts';
import { newStepEvent } from '../core/event.ts';
import type { ChildCommand, Command, HookCommand, StepCommand } from '../engine/command.ts';
import { type Draft, record } from './draft.ts';
import { createReadyRun, newRunRecord } from './new-run.ts';
import type { RunInHand } from './run-in-hand.ts';

/** Turns what the code asks for into events, timers, hooks, children and steps to start. */
export function recordCommands(run: RunInHand, draft: Draft, commands: readonly Command[]): void {
  for (const command of commands) {
    switch (command.kind) {
      case 'step':
        draft.events.push(newStepEvent('step.started', draft.now, firstOf(command), command.args));
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
        recordHook(run, draft, command);
        break;
      case 'child':
        recordChild(run, draft, command);
        break;
      case 'cancelChild':
        requestChildCancel(draft, command, command.reason, 'workflow');
        break;
      case 'mark':
        record(draft, command.type, command.data);
        break;
      case 'log':
        record(draft, 'log.recorded', command.data);
        break;
      case 'progress': {
        const { done, total, note } = command;
        draft.run.progress = { done, total, note, at: draft.now };
        draft.run.updatedAt = draft.now;
      }
    }
  }
}

function firstOf({ id, name }: StepCommand) {
  return { id, name, attempt: 1 };
}

/** Asks a child to stop; how it ends is told by its own message. */
export function requestChildCancel(
  draft: Draft,
  child: { readonly id: string; readonly runId: string },
  reason: string | null,
  requestedBy: 'workflow' | 'parent_cancelled' | 'parent_closed',
  how: 'cancel' | 'terminate' = 'cancel',
): void {
  record(draft, 'child_workflow.cancel_requested', {
    child_id: child.id,
    child_run_id: child.runId,
    reason,
    requested_by: requestedBy,
    requested_at: isoTime(draft.now),
  });
  draft.deliveries.push({
    op: 'deliver',
    runId: child.runId,
    message: { type: how, reason, requestedBy },
    now: draft.now,
    followChain: true,
  });
}

function recordHook(run: RunInHand, draft: Draft, command: HookCommand): void {
  record(draft, 'hook.created', {
    hook_id: command.id,
    name: command.name,
    token: command.token,
    url: '',
    expires_at: command.expiresAt === null ? null : isoTime(command.expiresAt),
  });
  draft.hooks.push({
    hookId: command.id,
    runId: run.summary.runId,
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

function recordChild(run: RunInHand, draft: Draft, command: ChildCommand): void {
  const { executor, summary } = run;
  const { id: childId, runId, definition, input, gates } = command;
  record(draft, 'child_workflow.started', {
    child_id: childId,
    child_run_id: runId,
    child_workflow_name: definition.name,
    input,
    wait_for_completion: command.waitForCompletion,
    parent_close_policy: command.parentClosePolicy,
    started_at: isoTime(draft.now),
  });
  const parent = { runId: summary.runId, childId, nestingDepth: summary.nestingDepth };
  const request = { definition, input, idempotencyKey: null, metadata: {}, tags: [] };
  const child = newRunRecord(executor, { ...request, runId, parent }, draft.now);
  const create = createReadyRun(child, run.workerId, gates);
  if (gates.length === 0) return void draft.creates.push(create);
  const gate = gates[0]?.name ?? definition.name;
  const error = encodeError(new WorkflowAlreadyRunningError(null, { gate }));
  draft.creates.push({
    ...create,
    ifRefused: {
      op: 'deliver',
      runId: summary.runId,
      message: { type: 'child.ended', childId, childRunId: runId, status: 'failed', error },
      now: draft.now,
    },
  });
}
