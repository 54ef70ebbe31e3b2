import type { RunSummary } from '../../core/run.ts';
import type { ScheduleStatistics } from '../../core/schedule.ts';
import type { MemorySchedule, MemoryState } from './memory-state.ts';

/** Counts the end of a schedule's run; one that has continued as new has not ended. */
export function countEnd(state: MemoryState, { scheduleId, status }: RunSummary): void {
  const schedule = scheduleId === null ? undefined : state.schedules.get(scheduleId);
  if (schedule === undefined) return;
  if (status === 'completed') count(state, schedule, { successful: 1 });
  if (status === 'failed') count(state, schedule, { failed: 1 });
  if (status === 'cancelled') count(state, schedule, { cancelled: 1 });
}

export function count(
  state: MemoryState,
  schedule: MemorySchedule,
  more: Partial<ScheduleStatistics>,
): void {
  const statistics = { ...schedule.record.statistics };
  for (const [name, by] of Object.entries(more)) statistics[name as keyof typeof more] += by;
  schedule.record = { ...schedule.record, statistics };
  state.changes.schedule(schedule);
}
