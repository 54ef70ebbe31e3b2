import type { ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { decide } from './decide.ts';
import { lastRunOf, noteLastRun } from './last-run.ts';
import { prepareOccurrence, skippedEvent } from './occurrence.ts';
import { trySave } from './save-schedule.ts';

/**
 * Decides about the due occurrences of a schedule and writes the decision, its log and its runs in
 * one commit; if another scheduler has decided since the schedule was read, nothing happens.
 * @param now milliseconds since the epoch
 * @returns occurrences that have a run now
 */
export async function fire(
  executor: Executor,
  schedule: ScheduleRecord,
  now: number,
): Promise<number> {
  const { starts, skips, decidedThrough, nextRunAt } = await decide(schedule, now);
  const overlap = schedule.overlapPolicy;
  const occurrences = starts.map((scheduledAt) =>
    prepareOccurrence(executor, schedule, { scheduledAt, overlap }, now),
  );
  const runIds = await trySave(executor, schedule, {
    state: { decidedThrough, nextRunAt, ...lastRunOf(occurrences, now) },
    events: skips.map((skip) => skippedEvent(skip, overlap, now)),
    occurrences,
    skipped: skips.reduce((sum, skip) => sum + skip.count, 0),
  });
  if (runIds === null) return 0;
  await noteLastRun(executor, schedule.scheduleId, occurrences, runIds, now);
  return runIds.length;
}
