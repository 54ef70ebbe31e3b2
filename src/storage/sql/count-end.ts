import type { RunStatus } from '../../core/run.ts';
import type { Pass } from './pass.ts';

/** Counts the end of one of a schedule's runs; one that has continued as new has not ended. */
export function countEnd({ changes }: Pass, scheduleId: string | null, status: RunStatus): void {
  if (scheduleId === null || status === 'continued_as_new') return;
  const counted = changes.ends.get(scheduleId) ?? new Map<RunStatus, number>();
  counted.set(status, (counted.get(status) ?? 0) + 1);
  changes.ends.set(scheduleId, counted);
}
