import { specFromJson } from '../core/calendar/spec-json.ts';
import { isoTime } from '../core/clock.ts';
import { newScheduleEvent } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { changeSchedule } from './save-schedule.ts';
import { nextRunAfter } from './timing.ts';

/** Nothing fires until it is resumed; one that is paused already stays so. @throws ScheduleNotFoundError */
export async function pauseSchedule(
  executor: Executor,
  scheduleId: string,
  reason: string | null,
): Promise<void> {
  await changeSchedule(executor, scheduleId, ({ status }) => {
    if (status === 'paused') return null;
    const now = executor.clock.now();
    return {
      state: { status: 'paused', pausedAt: now, updatedAt: now, nextRunAt: null },
      events: [newScheduleEvent('schedule.paused', now, { reason, paused_at: isoTime(now) })],
    };
  });
}

/** Counts from now: what a pause has swallowed is not made up for. @throws ScheduleNotFoundError */
export async function resumeSchedule(executor: Executor, scheduleId: string): Promise<void> {
  await changeSchedule(executor, scheduleId, ({ status, spec, createdAt }) => {
    if (status === 'active') return null;
    const now = executor.clock.now();
    const nextRunAt = nextRunAfter(specFromJson(spec), scheduleId, now, createdAt);
    const event = newScheduleEvent('schedule.resumed', now, {
      next_run_time: nextRunAt === null ? null : isoTime(nextRunAt),
      resumed_at: isoTime(now),
    });
    return {
      state: { status: 'active', pausedAt: null, updatedAt: now, decidedThrough: now, nextRunAt },
      events: [event],
    };
  });
}

/** Its record and its log stay, its runs go on. @throws ScheduleNotFoundError */
export async function deleteSchedule(
  executor: Executor,
  scheduleId: string,
  reason: string | null,
): Promise<void> {
  await changeSchedule(executor, scheduleId, () => {
    const now = executor.clock.now();
    return {
      state: { status: 'deleted', deletedAt: now, updatedAt: now, nextRunAt: null },
      events: [newScheduleEvent('schedule.deleted', now, { reason, deleted_at: isoTime(now) })],
    };
  });
}
