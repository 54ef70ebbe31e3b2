import { ScheduleExistsError, ScheduleNotFoundError, StoreError } from '../core/errors.ts';
import type { NewScheduleEvent, ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import type { Occurrence, WriteResult } from '../storage/commit.ts';

/** What one commit writes about a schedule. */
export interface ScheduleChange {
  readonly state?: Partial<ScheduleRecord>;
  readonly events?: readonly NewScheduleEvent[];
  readonly occurrences?: readonly Occurrence[];
  /** Occurrences of which `events` says that they start no run. */
  readonly skipped?: number;
}

/** A store that is asked for the same schedule by this many writers at a time is out of order. */
const MOST_ATTEMPTS = 100;

/**
 * Writes what `change` makes of the schedule as it is now; again if another writer was faster.
 * @param change null changes nothing.
 * @returns the occurrences that have got a run, new or there already
 * @throws ScheduleNotFoundError also for a deleted one, StoreError
 */
export async function changeSchedule(
  executor: Executor,
  scheduleId: string,
  change: (schedule: ScheduleRecord) => ScheduleChange | null | Promise<ScheduleChange | null>,
): Promise<readonly string[]> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const schedule = await liveSchedule(executor, scheduleId);
    const wanted = await change(schedule);
    if (wanted === null) return [];
    const runIds = await trySave(executor, schedule, wanted);
    if (runIds !== null) return runIds;
  }
  throw new StoreError(`Schedule '${scheduleId}' keeps changing while it is being written`);
}

/** @returns null if the schedule is no longer what the writer has seen */
export async function trySave(
  { commits }: Executor,
  schedule: ScheduleRecord,
  { state = {}, events = [], occurrences = [], skipped = 0 }: ScheduleChange,
): Promise<readonly string[] | null> {
  const result = await commits.submit({
    op: 'schedule',
    schedule: { ...schedule, ...state },
    expectedVersion: schedule.version,
    events,
    occurrences,
    skipped,
  });
  return runIdsOf(result, schedule.scheduleId);
}

/** @throws ScheduleExistsError */
export async function insertSchedule(
  { commits }: Executor,
  schedule: ScheduleRecord,
  events: readonly NewScheduleEvent[],
): Promise<void> {
  const result = await commits.submit({
    op: 'schedule',
    schedule,
    expectedVersion: 0,
    events,
    occurrences: [],
    skipped: 0,
  });
  const { scheduleId } = schedule;
  if (runIdsOf(result, scheduleId) === null) throw new ScheduleExistsError(scheduleId);
}

/** @throws ScheduleNotFoundError also for a deleted one */
export async function liveSchedule(
  { store }: Executor,
  scheduleId: string,
): Promise<ScheduleRecord> {
  const schedule = await store.getSchedule(scheduleId);
  if (schedule === null) throw new ScheduleNotFoundError(scheduleId);
  if (schedule.status === 'deleted') throw new ScheduleNotFoundError(scheduleId, true);
  return schedule;
}

function runIdsOf(result: WriteResult, scheduleId: string): readonly string[] | null {
  if (result.outcome === 'committed') return result.runIds ?? [];
  if (result.outcome === 'conflict') return null;
  throw new StoreError(`Schedule '${scheduleId}' could not be written: ${result.outcome}`);
}
