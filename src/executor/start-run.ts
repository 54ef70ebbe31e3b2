import { type EventData, newEvent } from '../core/event.ts';
import { newRunId, newSecret } from '../core/id.ts';
import type { Json } from '../core/json.ts';
import { isFinished, type RunRecord } from '../core/run.ts';
import { activate } from '../engine/replay.ts';
import { Session } from '../engine/session.ts';
import type { CreateRun } from '../storage/commit.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { createDraft, type Draft, recordCommands } from './draft.ts';
import type { Executor } from './executor.ts';
import { recordOutcome } from './finish.ts';

export interface NewRun {
  readonly definition: WorkflowDefinition;
  /** Encoded, checked against the workflow's schema. */
  readonly input: Json;
  readonly idempotencyKey: string | null;
  readonly metadata: { readonly [key: string]: Json };
  readonly tags: readonly string[];
}

/** A run ready to be written, and its live session if its first steps are to start here. */
export interface PreparedRun {
  readonly write: CreateRun;
  readonly draft: Draft;
  readonly session: Session | null;
}

/** Prepares a run that any worker may take. */
export function prepareDetachedRun(executor: Executor, request: NewRun): PreparedRun {
  const draft = createDraft(executor.clock.now());
  const record = newRecord(executor, request, draft.now);
  draft.events.push(newEvent('workflow.started', draft.now, startedData(request)));
  return { write: createWrite(record, draft, null, 'ready'), draft, session: null };
}

/**
 * Prepares a run and lets its code run up to its first wait, so that its creation and its first
 * requests share one commit. The code has no effects of its own, so nothing happens too early.
 */
export async function prepareRun(
  executor: Executor,
  request: NewRun,
  workerId: string,
  onViolation: (runId: string) => void,
): Promise<PreparedRun> {
  const draft = createDraft(executor.clock.now());
  const record = newRecord(executor, request, draft.now);
  const data = startedData(request);
  draft.events.push(newEvent('workflow.started', draft.now, data));
  const session = new Session({
    runId: record.runId,
    workflowName: record.workflowName,
    metadata: record.metadata,
    fn: request.definition.fn,
    onViolation: () => onViolation(record.runId),
  });
  const commands = await activate(session, {
    type: 'workflow.started',
    sequence: 1,
    timestamp: draft.now,
    data,
  });
  recordCommands(draft, record.runId, commands);
  if (session.outcome !== null) recordOutcome(draft, session, session.outcome, draft.events.length);
  const status = draft.run.status ?? (draft.startSteps.length > 0 ? 'running' : 'suspended');
  const started = { ...record, ...draft.run, status, startedAt: draft.now };
  const attention = status === 'running' ? 'claimed' : 'waiting';
  return { write: createWrite(started, draft, workerId, attention), draft, session };
}

function startedData({ definition, input, metadata }: NewRun): EventData['workflow.started'] {
  return { workflow_name: definition.name, input, metadata, secret: newSecret() };
}

function createWrite(
  run: RunRecord,
  draft: Draft,
  workerId: string | null,
  attention: CreateRun['attention'],
): CreateRun {
  const timers = [...draft.timers];
  if (run.maxDuration !== null && !isFinished(run.status)) {
    timers.push({ id: 'run', kind: 'deadline', dueAt: run.createdAt + run.maxDuration });
  }
  const hooks = isFinished(run.status)
    ? draft.hooks.map((hook) => ({ ...hook, status: 'disposed' as const }))
    : draft.hooks;
  return {
    op: 'create',
    run,
    events: draft.events,
    timers: isFinished(run.status) ? [] : timers,
    hooks,
    workerId,
    attention,
  };
}

function newRecord(executor: Executor, request: NewRun, now: number): RunRecord {
  const { definition } = request;
  const { settings } = executor;
  return {
    runId: newRunId(),
    workflowName: definition.name,
    status: 'pending',
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    completedAt: null,
    input: request.input,
    result: null,
    error: null,
    idempotencyKey: request.idempotencyKey,
    maxDuration: definition.maxDurationMs,
    metadata: { ...definition.metadata, ...request.metadata },
    tags: [...new Set([...definition.tags, ...request.tags])],
    recoveryAttempts: 0,
    maxRecoveryAttempts: definition.maxRecoveryAttempts ?? settings.maxRecoveryAttempts,
    recoverOnWorkerLoss: definition.recoverOnWorkerLoss ?? settings.recoverOnWorkerLoss,
    parentRunId: null,
    nestingDepth: 0,
    continuedFromRunId: null,
    continuedToRunId: null,
  };
}
