import type { OverlapPolicy } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import type { Occurrence } from '../storage/commit.ts';
import { lastRunOf, noteLastRun } from './last-run.ts';
import { prepareOccurrence } from './occurrence.ts';
import { changeSchedule } from './save-schedule.ts';

export interface TriggerResult {
  readonly scheduleId: string;
  /** Null if an active run was in the way, which `allow_all` never minds. */
  readonly runId: string | null;
}

/** Starts a run now, also of a paused schedule; its timing stays. @throws ScheduleNotFoundError */
export async function triggerSchedule(
  executor: Executor,
  scheduleId: string,
  overlap: OverlapPolicy,
): Promise<TriggerResult> {
  const now = executor.clock.now();
  let occurrences: readonly Occurrence[] = [];
  const runIds = await changeSchedule(executor, scheduleId, (schedule) => {
    occurrences = [prepareOccurrence(executor, schedule, { scheduledAt: null, overlap }, now)];
    return { state: { ...lastRunOf(occurrences, now) }, occurrences };
  });
  await noteLastRun(executor, scheduleId, occurrences, runIds, now);
  return { scheduleId, runId: runIds[0] ?? null };
}
