import { newEvent } from '../core/event.ts';
import { isFinished, type RunRecord } from '../core/run.ts';
import { activate } from '../engine/replay.ts';
import type { Session } from '../engine/session.ts';
import type { CreateRun } from '../storage/commit.ts';
import { createDraft, type Draft } from './draft.ts';
import type { Executor } from './executor.ts';
import { recordOutcome } from './finish.ts';
import { createReadyRun, type NewRun, newRunRecord, startedData } from './new-run.ts';
import { delayLimitedSteps } from './rate-limit.ts';
import { recordCommands } from './record-commands.ts';
import { createSession, type RunInHand } from './run-in-hand.ts';

export type { NewRun } from './new-run.ts';

/** A run ready to be written, and its live session if its first steps are to start here. */
export interface PreparedRun {
  readonly write: CreateRun;
  readonly draft: Draft;
  readonly session: Session | null;
}

/** Prepares a run that any worker may take. */
export function prepareDetachedRun(executor: Executor, request: NewRun): PreparedRun {
  const draft = createDraft(executor.clock.now());
  const record = newRunRecord(executor, request, draft.now);
  const write = createReadyRun(record, null, request.gates);
  draft.events.push(...write.events);
  return { write: { ...write, takesKeyFrom: request.takesKeyFrom }, draft, session: null };
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
  const record = newRunRecord(executor, request, draft.now);
  const data = startedData(record);
  draft.events.push(newEvent('workflow.started', draft.now, data));
  const session = createSession(executor, record, request.definition, onViolation);
  const run: RunInHand = { executor, summary: record, session, workerId, open: null };
  const commands = await activate(session, {
    type: 'workflow.started',
    sequence: 1,
    timestamp: draft.now,
    data,
  });
  recordCommands(run, draft, commands);
  if (session.outcome !== null) recordOutcome(run, draft, session.outcome, draft.events.length);
  await delayLimitedSteps(run, draft);
  const status = draft.run.status ?? (draft.startSteps.length > 0 ? 'running' : 'suspended');
  const started = { ...record, ...draft.run, status, startedAt: draft.now };
  const attention = status === 'running' ? 'claimed' : 'waiting';
  const write = createWrite(started, draft, workerId, attention);
  return { write: { ...write, takesKeyFrom: request.takesKeyFrom }, draft, session };
}

function createWrite(
  run: RunRecord,
  draft: Draft,
  workerId: string,
  attention: CreateRun['attention'],
): CreateRun {
  const finished = isFinished(run.status);
  const timers = [...draft.timers];
  if (run.maxDuration !== null) timers.push(deadlineOf(run.maxDuration, draft.now));
  return {
    op: 'create',
    run,
    events: draft.events,
    timers: finished ? [] : timers,
    hooks: finished ? draft.hooks.map((hook) => ({ ...hook, status: 'disposed' })) : draft.hooks,
    workerId,
    attention,
    creates: draft.creates,
    deliveries: draft.deliveries,
  };
}

/** @param startedAt milliseconds since the epoch: the time a run waits for its turn does not count */
export function deadlineOf(maxDuration: number, startedAt: number) {
  return { id: 'run', kind: 'deadline', dueAt: startedAt + maxDuration } as const;
}
