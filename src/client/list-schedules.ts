import type { ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import type { ListSchedules } from './schedules-client.ts';

/** Deleted ones are left out here, so pages are read until one is full. */
export async function listSchedules(
  store: Executor['store'],
  { status, workflowName, includeDeleted = false, limit = 100, cursor }: ListSchedules,
) {
  const items: ScheduleRecord[] = [];
  let nextCursor = cursor;
  do {
    const page = await store.listSchedules({
      status,
      workflowName,
      limit: limit - items.length,
      cursor: nextCursor,
    });
    const isWanted = (schedule: ScheduleRecord) =>
      includeDeleted || status !== undefined || schedule.status !== 'deleted';
    items.push(...page.items.filter(isWanted));
    nextCursor = page.nextCursor ?? undefined;
  } while (items.length < limit && nextCursor !== undefined);
  return { items, nextCursor: nextCursor ?? null };
}
