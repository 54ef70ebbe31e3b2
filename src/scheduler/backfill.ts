import { pastOccurrences } from '../core/calendar/next-occurrence.ts';
import { specFromJson } from '../core/calendar/spec-json.ts';
import { isoTime } from '../core/clock.ts';
import { ValidationError } from '../core/errors.ts';
import {
  type NewScheduleEvent,
  newScheduleEvent,
  type OverlapPolicy,
  type ScheduleRecord,
} from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { BATCH } from './decide.ts';
import { occurrenceRunId, prepareOccurrence } from './occurrence.ts';
import { changeSchedule, liveSchedule } from './save-schedule.ts';

/** Milliseconds since the epoch. */
export interface BackfillRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface BackfillOptions {
  readonly overlap: OverlapPolicy;
  /** More occurrences than this are refused before the first starts. */
  readonly limit: number;
  readonly dryRun: boolean;
}

export interface BackfillResult {
  readonly scheduleId: string;
  readonly dryRun: boolean;
  readonly runsCreated: number;
  /** Occurrences that had a run before: they are not started again. */
  readonly alreadyThere: number;
  /** Occurrences that the overlap policy refused. */
  readonly skipped: number;
  /** Of the runs created. */
  readonly runIds: readonly string[];
  /** Every occurrence of the range, milliseconds since the epoch. */
  readonly occurrences: readonly number[];
}

/**
 * Starts a run for every occurrence in a range of the past that has none, each with its own time.
 * Occurrences still to come are left to the schedule. Called again, it carries on where it ended.
 * @throws ScheduleNotFoundError, ValidationError for more occurrences than `limit`
 */
export async function backfillSchedule(
  executor: Executor,
  scheduleId: string,
  { start, end }: BackfillRange,
  { overlap, limit, dryRun }: BackfillOptions,
): Promise<BackfillResult> {
  const schedule = await liveSchedule(executor, scheduleId);
  const now = executor.clock.now();
  const occurrences = occurrencesOf(schedule, { start, end: Math.min(end, now + 1) }, limit);
  const open = await withoutRun(executor, scheduleId, occurrences);
  const found = { scheduleId, dryRun, occurrences, alreadyThere: occurrences.length - open.length };
  if (dryRun) return { ...found, runsCreated: 0, skipped: 0, runIds: [] };

  const log = (...events: NewScheduleEvent[]) =>
    changeSchedule(executor, scheduleId, () => ({ events }));
  await log(
    newScheduleEvent('schedule.backfill_started', now, {
      start_time: isoTime(start),
      end_time: isoTime(end),
      expected_runs: open.length,
      started_at: isoTime(now),
    }),
  );
  const runIds: string[] = [];
  let [alreadyThere, skipped] = [found.alreadyThere, 0];
  for (let at = 0; at < open.length; at += BATCH) {
    const batch = open.slice(at, at + BATCH);
    const { created, wanted } = await startBatch(executor, scheduleId, batch, overlap);
    runIds.push(...created);
    alreadyThere += batch.length - wanted;
    skipped += wanted - created.length;
  }
  const runsCreated = runIds.length;
  const ended = executor.clock.now();
  await log(
    newScheduleEvent('schedule.backfill_completed', ended, {
      runs_created: runsCreated,
      run_ids: runIds,
      completed_at: isoTime(ended),
    }),
  );
  return { ...found, alreadyThere, runsCreated, skipped, runIds };
}

/** What has got a run since the batch was put together is left out: the commit would say so. */
async function startBatch(
  executor: Executor,
  scheduleId: string,
  batch: readonly number[],
  overlap: OverlapPolicy,
): Promise<{ created: readonly string[]; wanted: number }> {
  let wanted = 0;
  const created = await changeSchedule(executor, scheduleId, async (schedule) => {
    const open = await withoutRun(executor, scheduleId, batch);
    const now = executor.clock.now();
    wanted = open.length;
    if (wanted === 0) return null;
    return {
      occurrences: open.map((scheduledAt) =>
        prepareOccurrence(executor, schedule, { scheduledAt, overlap }, now),
      ),
    };
  });
  return { created, wanted };
}

async function withoutRun(
  { store }: Executor,
  scheduleId: string,
  occurrences: readonly number[],
): Promise<readonly number[]> {
  const open: number[] = [];
  for (const occurrence of occurrences) {
    const runId = occurrenceRunId(scheduleId, occurrence);
    if ((await store.findRunIds(runId, 1)).length === 0) open.push(occurrence);
  }
  return open;
}

function occurrencesOf(
  { spec, createdAt }: ScheduleRecord,
  { start, end }: BackfillRange,
  limit: number,
): readonly number[] {
  const found = pastOccurrences(specFromJson(spec), start, end, limit + 1, createdAt);
  if (found.length <= limit) return found;
  const message = `holds more than ${limit} occurrences`;
  const hint = 'Raise the limit (10000 at most), or backfill in parts: what has run is left alone.';
  throw new ValidationError('The range to backfill', [{ path: '', message }], hint);
}
