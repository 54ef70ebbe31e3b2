import type { RunStatus } from '../../core/run.ts';
import type { Transaction } from './sqlite-transaction.ts';

const COUNTERS: Readonly<Partial<Record<RunStatus, string>>> = {
  completed: 'successful',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Counts the end of one of the schedule's runs; one that has continued as new has not ended. */
export function countEnd({ sql }: Transaction, scheduleId: string, status: RunStatus): void {
  const counter = COUNTERS[status];
  if (counter === undefined) return;
  sql(`UPDATE schedules SET ${counter} = ${counter} + 1 WHERE schedule_id = ?`).run(scheduleId);
}
