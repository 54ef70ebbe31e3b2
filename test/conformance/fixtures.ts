import { expect } from 'vitest';
import { type EventData, type EventType, type NewEvent, newEvent } from '../../src/core/event.ts';
import type { HookRecord } from '../../src/core/hook.ts';
import { newRunId, newWorkerId } from '../../src/core/id.ts';
import type { Json } from '../../src/core/json.ts';
import type { RunRecord } from '../../src/core/run.ts';
import {
  type NewScheduleEvent,
  newScheduleEvent,
  type ScheduleRecord,
} from '../../src/core/schedule.ts';
import type {
  AdvanceRun,
  CreateRun,
  Deliver,
  Gate,
  Occurrence,
  SaveSchedule,
  Write,
  WriteResult,
} from '../../src/storage/commit.ts';
import type {
  Claim,
  ClaimRequest,
  Lease,
  NextTimerRequest,
  Store,
  Timer,
  WorkerRecord,
} from '../../src/storage/store.ts';

/** The suite's own time: no store may look at a clock to answer it. */
export const NOW = 1_700_000_000_000;
export const LEASE_MS = 15_000;

export function runRecord(given: Partial<RunRecord> = {}): RunRecord {
  return {
    runId: newRunId(),
    workflowName: 'order',
    status: 'running',
    createdAt: NOW,
    updatedAt: NOW,
    startedAt: null,
    completedAt: null,
    input: [],
    result: null,
    error: null,
    idempotencyKey: null,
    maxDuration: null,
    metadata: {},
    tags: [],
    recoveryAttempts: 0,
    maxRecoveryAttempts: 3,
    recoverOnWorkerLoss: true,
    parentRunId: null,
    childId: null,
    nestingDepth: 0,
    continuedFromRunId: null,
    continuedToRunId: null,
    forkedFromRunId: null,
    scheduleId: null,
    scheduledAt: null,
    codeVersion: null,
    progress: null,
    ...given,
  };
}

export function event<T extends EventType>(type: T, data: EventData[T], at = NOW): NewEvent {
  return newEvent(type, at, data);
}

/** The smallest event there is; its text tells it from others. */
export function mark(text: string): NewEvent {
  return event('sleep.completed', { sleep_id: text });
}

export function creation(
  run: Partial<RunRecord> = {},
  given: Partial<Omit<CreateRun, 'op' | 'run'>> = {},
): CreateRun {
  const record = runRecord(run);
  const started = event('workflow.started', {
    workflow_name: record.workflowName,
    input: record.input,
    metadata: record.metadata,
    secret: '00112233445566778899aabbccddeeff',
  });
  return {
    op: 'create',
    run: record,
    events: [started],
    timers: [],
    hooks: [],
    workerId: null,
    attention: 'ready',
    ...given,
  };
}

export function advance(
  lease: Lease,
  expectedSequence: number,
  given: Partial<Omit<AdvanceRun, 'op' | 'lease' | 'expectedSequence'>> = {},
): AdvanceRun {
  return { op: 'advance', lease, expectedSequence, events: [], ...given };
}

export function hookRecord(runId: string, given: Partial<HookRecord> = {}): HookRecord {
  return {
    hookId: 'approval',
    runId,
    name: 'approval',
    token: `${runId}:approval:secret`,
    status: 'pending',
    createdAt: NOW,
    receivedAt: null,
    expiresAt: null,
    payload: null,
    payloadSchema: null,
    ...given,
  };
}

export function payloadFor(runId: string, payload: Json, hookId = 'approval', now = NOW): Deliver {
  return { op: 'deliver', runId, message: { type: 'hook.received', hookId, payload }, now };
}

export function cancellation(runId: string, reason: string | null = null): Deliver {
  return {
    op: 'deliver',
    runId,
    message: { type: 'cancel', reason, requestedBy: 'test' },
    now: NOW,
  };
}

export function termination(runId: string, reason: string | null = null): Deliver {
  const message = { type: 'terminate' as const, reason, requestedBy: 'test' };
  return { op: 'deliver', runId, message, now: NOW };
}

/** The message of a child that has completed. */
export function childEnd(runId: string, result: Json = null, childRunId = 'run_child'): Deliver {
  const end = { status: 'completed' as const, result };
  const message = { type: 'child.ended' as const, childId: 'ship_1', childRunId, ...end };
  return { op: 'deliver', runId, message, now: NOW };
}

export function resumption(runId: string): Deliver {
  return { op: 'deliver', runId, message: { type: 'resume', requestedBy: 'test' }, now: NOW };
}

export function sleepTimer(id: string, dueAt: number): Timer {
  return { id, kind: 'sleep', dueAt };
}

export function gate(
  whenFull: Gate['whenFull'] = 'wait',
  limit = 1,
  name = 'workflow:order',
): Gate {
  return { name, limit, whenFull };
}

/** A run in front of gates, told from others by its id. */
export function gatedCreation(
  runId: string,
  gates: readonly Gate[] = [gate()],
  run: Partial<RunRecord> = {},
): CreateRun {
  return creation({ runId, status: 'pending', ...run }, { gates });
}

/** The end of a run under its lease. */
export function ending(
  lease: Lease,
  sequence = 1,
  status: RunRecord['status'] = 'completed',
  given: Partial<Omit<AdvanceRun, 'op' | 'lease' | 'expectedSequence'>> = {},
): AdvanceRun {
  const run = { status, updatedAt: NOW + 1, completedAt: NOW + 1 };
  return advance(lease, sequence, { events: [mark('end')], run, release: 'suspend', ...given });
}

export function scheduleRecord(given: Partial<ScheduleRecord> = {}): ScheduleRecord {
  return {
    scheduleId: 'nightly',
    workflowName: 'order',
    spec: { every: '1h' },
    input: [],
    status: 'active',
    overlapPolicy: 'skip',
    catchUpPolicy: 'one',
    catchUpWindow: null,
    metadata: {},
    tags: [],
    definition: null,
    createdAt: NOW,
    updatedAt: NOW,
    pausedAt: null,
    deletedAt: null,
    decidedThrough: NOW,
    nextRunAt: null,
    lastRunAt: null,
    lastRunId: null,
    version: 0,
    statistics: { total: 0, successful: 0, failed: 0, cancelled: 0, skipped: 0 },
    ...given,
  };
}

/** A write that creates the schedule, unless it says which version it has seen. */
export function saveSchedule(
  schedule: Partial<ScheduleRecord> = {},
  given: Partial<Omit<SaveSchedule, 'op' | 'schedule'>> = {},
): SaveSchedule {
  const nothing = { expectedVersion: 0, events: [], occurrences: [], skipped: 0 };
  return { op: 'schedule', schedule: scheduleRecord(schedule), ...nothing, ...given };
}

/** The smallest entry of a log there is; its reason tells it from others. */
export function scheduleNote(reason: string, at = NOW): NewScheduleEvent {
  return newScheduleEvent('schedule.paused', at, { reason, paused_at: 'then' });
}

/** An occurrence of the schedule `nightly` with a run of this id. */
export function occurrenceOf(
  runId: string,
  given: Partial<Omit<CreateRun, 'op' | 'run'>> = {},
): Occurrence {
  return {
    create: creation({ runId, scheduleId: 'nightly', scheduledAt: NOW }, given),
    started: scheduleNote(`started ${runId}`),
    refused: scheduleNote(`refused ${runId}`),
  };
}

/** Registers a worker and returns its id. */
export async function newWorker(store: Store, given: Partial<WorkerRecord> = {}): Promise<string> {
  const worker: WorkerRecord = {
    workerId: newWorkerId(),
    name: 'test',
    host: 'localhost',
    pid: 1,
    processKey: null,
    startedAt: NOW,
    expiresAt: NOW + LEASE_MS,
    ...given,
  };
  await store.registerWorker(worker);
  return worker.workerId;
}

export async function commitOne(store: Store, write: Write): Promise<WriteResult> {
  const results = await store.commit([write]);
  expect(results).toHaveLength(1);
  return results[0]!;
}

/** Creates a run that `workerId` holds, with one event. */
export async function startHeld(
  store: Store,
  workerId: string,
  run: Partial<RunRecord> = {},
  given: Partial<CreateRun> = {},
): Promise<{ readonly runId: string; readonly lease: Lease }> {
  const write = creation(run, { ...given, workerId, attention: 'claimed' });
  const result = await commitOne(store, write);
  if (result.outcome !== 'committed' || result.lease === undefined) {
    throw new Error(`not created as claimed: ${JSON.stringify(result)}`);
  }
  return { runId: write.run.runId, lease: result.lease };
}

/** Creates a run nobody holds, with one event, and returns its id. */
export async function startFree(
  store: Store,
  run: Partial<RunRecord> = {},
  given: Partial<Omit<CreateRun, 'op' | 'run'>> = {},
): Promise<string> {
  const write = creation(run, given);
  expect(await commitOne(store, write)).toEqual({ outcome: 'committed' });
  return write.run.runId;
}

export function claimRequest(workerId: string, given: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    workerId,
    now: NOW,
    limit: 100,
    workflows: null,
    scope: 'all',
    runIds: [],
    deadWorkers: [],
    ...given,
  };
}

export function timerRequest(
  workerId: string,
  given: Partial<NextTimerRequest> = {},
): NextTimerRequest {
  return { workerId, after: NOW, workflows: null, scope: 'all', runIds: [], ...given };
}

/** Claims and expects exactly one run. */
export async function claimOnly(
  store: Store,
  workerId: string,
  given: Partial<ClaimRequest> = {},
): Promise<Claim> {
  const claims = await store.claim(claimRequest(workerId, given));
  expect(claims.map((claim) => claim.run.runId)).toHaveLength(1);
  return claims[0]!;
}

export async function claimedIds(
  store: Store,
  workerId: string,
  given: Partial<ClaimRequest> = {},
): Promise<string[]> {
  const claims = await store.claim(claimRequest(workerId, given));
  return claims.map((claim) => claim.run.runId);
}

/** Everything the store says about a run: two equal snapshots mean that nothing was written. */
export async function snapshot(store: Store, runId: string, lease?: Lease): Promise<unknown> {
  return {
    run: await store.getRun(runId),
    events: await store.readEvents(runId),
    hooks: (await store.listHooks({ runId, limit: 100 })).items,
    arrivals: lease && (await store.readArrivals(lease, 0, Number.MAX_SAFE_INTEGER)),
  };
}

export async function sequencesOf(store: Store, runId: string): Promise<number[]> {
  return (await store.readEvents(runId)).map((found) => found.sequence);
}

/** Waits for something that another thread or process does. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function numbers(count: number, first = 1): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
