import type { ScheduleStatistics } from '../../core/schedule.ts';
import type { RunDoc, ScheduleDoc } from './docs.ts';
import type { Work } from './work.ts';

const COUNTED = { completed: 'successful', failed: 'failed', cancelled: 'cancelled' } as const;

/** Counts the end of a schedule's run; one that has continued as new has not ended. */
export async function countEnd(work: Work, { run: { scheduleId, status } }: RunDoc): Promise<void> {
  const name = COUNTED[status as keyof typeof COUNTED];
  if (scheduleId === null || name === undefined) return;
  const { doc } = await work.schedule(scheduleId);
  if (doc !== null) count(doc, { [name]: 1 });
}

export function count(doc: ScheduleDoc, more: Partial<ScheduleStatistics>): void {
  const statistics = { ...doc.record.statistics };
  for (const [name, by] of Object.entries(more)) statistics[name as keyof typeof more] += by;
  doc.record = { ...doc.record, statistics };
}
