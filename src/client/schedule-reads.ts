import { checkScheduleSpec } from '../core/calendar/schedule-spec.ts';
import { ScheduleNotFoundError } from '../core/errors.ts';
import type { Executor } from '../executor/executor.ts';
import { previewSchedule, previewSpec } from '../scheduler/preview.ts';
import { liveSchedule } from '../scheduler/save-schedule.ts';
import { checkCount } from './check-schedule-options.ts';
import { listSchedules } from './list-schedules.ts';
import type { SchedulesClient } from './schedules-client.ts';

export type ScheduleReads = Pick<SchedulesClient, 'get' | 'list' | 'preview' | 'events'>;

/** What is done with schedules without writing any: it needs neither the engine nor a scheduler. */
export function createScheduleReads(executor: Executor): ScheduleReads {
  const { store, clock } = executor;

  const get: ScheduleReads['get'] = async (scheduleId) => {
    const schedule = await store.getSchedule(scheduleId);
    if (schedule === null) throw new ScheduleNotFoundError(scheduleId);
    return schedule;
  };

  return {
    get,
    list: (filter = {}) => listSchedules(store, filter),
    async preview(schedule, count = 10) {
      checkCount(count);
      if (typeof schedule === 'string') {
        return previewSchedule(await liveSchedule(executor, schedule), count, clock.now());
      }
      checkScheduleSpec(schedule);
      return previewSpec(schedule, count, clock.now());
    },
    async events(id, options = {}) {
      await get(id);
      return store.readScheduleEvents(id, options);
    },
  };
}
