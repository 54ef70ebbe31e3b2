import type { ScheduleSpec } from '../../src/core/calendar/schedule-spec.ts';
import { specToJson } from '../../src/core/calendar/spec-json.ts';
import type { ScheduleRecord } from '../../src/core/schedule.ts';

/** A record as a store would give it. */
export function aSchedule(
  spec: ScheduleSpec,
  decidedThrough: number,
  rest: Partial<ScheduleRecord> = {},
): ScheduleRecord {
  return {
    scheduleId: 'sched_1',
    workflowName: 'wf',
    spec: specToJson(spec),
    input: null,
    status: 'active',
    overlapPolicy: 'skip',
    catchUpPolicy: 'one',
    catchUpWindow: null,
    metadata: {},
    tags: [],
    definition: null,
    createdAt: 0,
    updatedAt: 0,
    pausedAt: null,
    deletedAt: null,
    decidedThrough,
    nextRunAt: null,
    lastRunAt: null,
    lastRunId: null,
    version: 1,
    statistics: { total: 0, successful: 0, failed: 0, cancelled: 0, skipped: 0 },
    ...rest,
  };
}
