import { decode } from '../core/codec.ts';
import { HistoryCorruptedError, ValidationError } from '../core/errors.ts';
import type { DrawsFrom, EventData, NewEvent, WorkflowEvent } from '../core/event.ts';
import { newEvent } from '../core/event.ts';
import type { HookRecord } from '../core/hook.ts';
import { childRunId, hookToken, newRunId } from '../core/id.ts';
import type { Json } from '../core/json.ts';
import type { RunRecord } from '../core/run.ts';
import { type CutHistory, cutHistory } from '../engine/cut-history.ts';
import { type OpenAtCut, openAtCut } from '../engine/open-at-cut.ts';
import type { CreateRun, Deliver } from '../storage/commit.ts';
import type { Timer } from '../storage/store.ts';
import { getWorkflow, hasWorkflow } from '../workflow/registry.ts';
import { gatesOf, type WorkflowGate } from '../workflow/workflow-gates.ts';
import type { Executor } from './executor.ts';
import { createForkedChild } from './forked-child.ts';
import { startedData } from './new-run.ts';
import { deadlineOf } from './start-run.ts';

export interface ForkRequest {
  readonly fromStep?: string | undefined;
  /** Encoded. */
  readonly overrides: { readonly [step: string]: Json };
  /** Encoded and checked; only for a fork from the very beginning. */
  readonly input?: Json | undefined;
}

/**
 * Prepares a run that takes over the history of another one up to a step and goes on from there
 * (ADR 0009): one write, for any worker to take up.
 * @throws ValidationError for a step that never began, an override that does not apply, or an input
 *   for a fork that does not start from the beginning
 */
export async function prepareFork(
  executor: Executor,
  source: RunRecord,
  request: ForkRequest,
): Promise<CreateRun> {
  const now = executor.clock.now();
  const history = await executor.store.readEvents(source.runId);
  const begun = history[0];
  if (begun?.type !== 'workflow.started') {
    throw new HistoryCorruptedError(source.runId, 'it does not begin with workflow.started');
  }
  const cut = cutHistory(history, { ...request, now });
  if (request.input !== undefined && !cut.isFresh) throw inputIsTaken();
  const record: RunRecord = {
    ...renewed(executor, source, now),
    runId: newRunId(),
    input: request.input ?? source.input,
    forkedFromRunId: source.runId,
    parentRunId: null,
    childId: null,
    nestingDepth: 0,
    // Whoever cancels it must know that its code has begun, and has something to clean up.
    startedAt: cut.isFresh ? null : now,
  };
  const started = {
    ...startedData(record),
    draws_from: drawsOf(source.runId, begun.data, cut),
  };
  const open = openAtCut(cut.events);
  const names = renamed(record.runId, started.secret ?? '', cut.events, open);
  const timers = timersOf(open);
  if (!cut.isFresh && record.maxDuration !== null) {
    timers.push(deadlineOf(record.maxDuration, now));
  }
  return {
    op: 'create',
    run: record,
    events: cut.events.map((event, index) =>
      index === 0
        ? newEvent('workflow.started', event.timestamp, started)
        : rewritten(event, names),
    ),
    timers,
    hooks: await hooksOf(executor, source.runId, record, open, names),
    workerId: null,
    attention: 'ready',
    gates: gatesFor(record),
    creates: await Promise.all(
      open.children.map(async ({ started: { data } }) => {
        const before = await executor.store.getRun(data.child_run_id);
        if (before === null) throw new HistoryCorruptedError(source.runId, 'a child is missing');
        const runId = names.get(data.child_run_id) ?? newRunId();
        const child = { ...renewed(executor, before, now), runId, input: data.input };
        return createForkedChild(child, record.runId, data.child_id, gatesFor(child));
      }),
    ),
    deliveries: cancelsOf(open, names, now),
  };
}

/** A run with the same code and limits, but without a past. */
function renewed(executor: Executor, before: RunRecord, now: number): RunRecord {
  const { workflowName } = before;
  const version = hasWorkflow(workflowName) ? getWorkflow(workflowName).version : undefined;
  return {
    ...before,
    status: 'pending',
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    completedAt: null,
    result: null,
    error: null,
    idempotencyKey: null,
    recoveryAttempts: 0,
    continuedFromRunId: null,
    continuedToRunId: null,
    forkedFromRunId: null,
    // The time of its occurrence stays: its code may have read it.
    scheduleId: null,
    codeVersion: version ?? executor.settings.codeVersion,
    progress: null,
  };
}

function gatesFor({ workflowName, input }: RunRecord): readonly WorkflowGate[] {
  if (!hasWorkflow(workflowName)) return [];
  return gatesOf(getWorkflow(workflowName), decode(structuredClone(input)));
}

/** Random numbers and UUIDs come out as before where the history has been taken over. */
function drawsOf(
  runId: string,
  { secret = '', draws_from = [] }: EventData['workflow.started'],
  { through, renumber }: CutHistory,
): readonly DrawsFrom[] {
  const all = [...draws_from, { run_id: runId, secret, through: Number.POSITIVE_INFINITY }];
  const kept = all.map((draws) => ({
    ...draws,
    through: Math.min(through, renumber(draws.through)),
  }));
  const last = kept.findIndex((draws) => draws.through === through);
  return kept.slice(0, last + 1);
}

/** New tokens and new children by the old ones: both are derived from the run's id. */
function renamed(
  runId: string,
  secret: string,
  events: readonly WorkflowEvent[],
  { children }: OpenAtCut,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { type, data } of events) {
    if (type === 'hook.created') names.set(data.token, hookToken(runId, data.hook_id, secret));
  }
  for (const { started } of children) {
    const { child_id, child_run_id } = started.data;
    names.set(child_run_id, childRunId(runId, child_id, secret));
  }
  return names;
}

/** They are too long to be met by chance, and nothing in them needs an escape. */
function rewritten(event: WorkflowEvent, names: ReadonlyMap<string, string>): NewEvent {
  let data = JSON.stringify(event.data);
  for (const [before, after] of names) data = data.replaceAll(before, after);
  return { type: event.type, timestamp: event.timestamp, data };
}

function timersOf({ sleeps, hooks, delayed }: OpenAtCut): Timer[] {
  const due = (id: string, kind: Timer['kind'], at: string): Timer => ({
    id,
    kind,
    dueAt: Date.parse(at),
  });
  return [
    ...sleeps.map(({ data }) => due(data.sleep_id, 'sleep', data.resume_at)),
    ...delayed.map(({ data }) => due(data.step_id, 'retry', data.resume_at)),
    ...hooks.flatMap(({ data }) =>
      data.expires_at === null ? [] : due(data.hook_id, 'hook', data.expires_at),
    ),
  ];
}

async function hooksOf(
  { store }: Executor,
  sourceId: string,
  { runId, createdAt }: RunRecord,
  { hooks }: OpenAtCut,
  names: ReadonlyMap<string, string>,
): Promise<HookRecord[]> {
  return Promise.all(
    hooks.map(async ({ data }) => ({
      hookId: data.hook_id,
      runId,
      name: data.name,
      token: names.get(data.token) ?? '',
      status: 'pending' as const,
      createdAt,
      receivedAt: null,
      expiresAt: data.expires_at === null ? null : Date.parse(data.expires_at),
      payload: null,
      payloadSchema: (await store.getHook(sourceId, data.hook_id))?.payloadSchema ?? null,
    })),
  );
}

/** Children that had been asked to stop are asked again. */
function cancelsOf(
  { children }: OpenAtCut,
  names: ReadonlyMap<string, string>,
  now: number,
): Deliver[] {
  return children.flatMap(({ cancel }) => {
    if (cancel === null) return [];
    const { child_run_id, reason, requested_by: requestedBy } = cancel.data;
    const message = { type: 'cancel', reason, requestedBy } as const;
    const runId = names.get(child_run_id) ?? child_run_id;
    return { op: 'deliver', runId, message, now, followChain: true };
  });
}

function inputIsTaken(): ValidationError {
  const message = 'what the run has done so far it has done with its own input';
  const hint = 'Fork from the first step, without an override for it, or start a new run.';
  return new ValidationError('fork', [{ path: 'input', message }], hint);
}
