import { PyWorkflowError } from '../core/errors.ts';
import type { ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import type { Occurrence } from '../storage/commit.ts';
import { changeSchedule } from './save-schedule.ts';

/** What the schedule says of its last run, as far as it is known before the commit. */
export function lastRunOf(
  occurrences: readonly Occurrence[],
  now: number,
): Pick<ScheduleRecord, 'lastRunAt' | 'lastRunId'> | undefined {
  const last = occurrences.at(-1);
  if (last === undefined || mayBeRefused(last)) return undefined;
  return { lastRunAt: now, lastRunId: last.create.run.runId };
}

/**
 * Says it afterwards where a gate had to be asked first: a schedule whose process dies before that
 * names an earlier run, but never one that does not exist.
 * @param runIds which of the occurrences have got a run
 */
export async function noteLastRun(
  executor: Executor,
  scheduleId: string,
  occurrences: readonly Occurrence[],
  runIds: readonly string[],
  now: number,
): Promise<void> {
  const [lastRunId, last] = [runIds.at(-1), occurrences.at(-1)];
  if (lastRunId === undefined || last === undefined || !mayBeRefused(last)) return;
  try {
    await changeSchedule(executor, scheduleId, ({ lastRunAt }) =>
      lastRunAt !== null && lastRunAt > now ? null : { state: { lastRunAt: now, lastRunId } },
    );
  } catch (error) {
    // Deleted meanwhile: nobody asks for it any more.
    if (!PyWorkflowError.is(error, 'SCHEDULE_NOT_FOUND')) throw error;
  }
}

function mayBeRefused({ create }: Occurrence): boolean {
  const refusing = ['refuse', 'wait_one'];
  return (create.gates ?? []).some(({ whenFull }) => refusing.includes(whenFull));
}
