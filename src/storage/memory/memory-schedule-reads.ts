import type { ScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import type { Page, ScheduleFilter } from '../store.ts';
import { copyOf, type MemoryState } from './memory-state.ts';
import { pageOf } from './pages.ts';

export function getSchedule(state: MemoryState, scheduleId: string): ScheduleRecord | null {
  return copyOf(state.schedules.get(scheduleId)?.record ?? null);
}

export function listSchedules(state: MemoryState, filter: ScheduleFilter): Page<ScheduleRecord> {
  const page = pageOf(state.schedulesByKey, filter, (schedule) => {
    const { scheduleId, workflowName, status } = schedule.record;
    return (
      state.schedules.get(scheduleId) === schedule &&
      (filter.workflowName === undefined || filter.workflowName === workflowName) &&
      (filter.status === undefined || filter.status === status)
    );
  });
  return { ...page, items: page.items.map(({ record }) => copyOf(record)) };
}

export function dueSchedules(state: MemoryState, now: number, limit: number): ScheduleRecord[] {
  return active(state)
    .filter(({ at }) => at <= now)
    .slice(0, limit)
    .map(({ record }) => copyOf(record));
}

export function nextScheduleAt(state: MemoryState, after: number): number | null {
  return active(state).find(({ at }) => at > after)?.at ?? null;
}

/** Those that are to run again, earliest first. */
function active(state: MemoryState) {
  return [...state.schedules.values()]
    .flatMap(({ key, record }) => {
      const at = record.nextRunAt;
      return at === null || record.status !== 'active' ? [] : [{ key, record, at }];
    })
    .sort((a, b) => a.at - b.at || a.key - b.key);
}

export function readScheduleEvents(
  state: MemoryState,
  scheduleId: string,
  { after = 0, limit }: { readonly after?: number; readonly limit?: number },
): ScheduleEvent[] {
  const log = state.schedules.get(scheduleId)?.log ?? [];
  return log
    .filter((entry) => entry.sequence > after)
    .slice(0, limit)
    .map((entry) => ({ ...entry, data: JSON.parse(entry.data) }) as ScheduleEvent);
}
