import type { ResolvedPolicies } from '../core/calendar/schedule-policies.ts';
import type { ScheduleSpec } from '../core/calendar/schedule-spec.ts';
import { specToJson } from '../core/calendar/spec-json.ts';
import { isoTime } from '../core/clock.ts';
import { ValidationError } from '../core/errors.ts';
import { newSecret } from '../core/id.ts';
import type { Json } from '../core/json.ts';
import { newScheduleEvent, type ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { insertSchedule } from './save-schedule.ts';
import { nextRunAfter } from './timing.ts';

export interface NewSchedule {
  /** Default: `sched_` and 12 hex digits. */
  readonly scheduleId?: string | undefined;
  readonly workflowName: string;
  /** Checked. */
  readonly spec: ScheduleSpec;
  readonly policies: ResolvedPolicies;
  /** Encoded. */
  readonly input: Json;
  readonly metadata: { readonly [key: string]: Json };
  readonly tags: readonly string[];
  /** See `ScheduleRecord`. */
  readonly definition: string | null;
  readonly paused: boolean;
  /** When it was asked for, milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Writes a new schedule, also in the place of a deleted one. Its first occurrence may be the instant
 * of its creation, which is where an interval without `startAt` begins.
 * @throws ScheduleExistsError, ValidationError for an id that could not be typed on a command line
 */
export async function createSchedule(executor: Executor, wanted: NewSchedule): Promise<string> {
  const { scheduleId = newScheduleId(), workflowName, spec, paused, now } = wanted;
  checkScheduleId(scheduleId);
  const json = specToJson(spec);
  const decidedThrough = now - 1;
  const schedule: ScheduleRecord = {
    scheduleId,
    workflowName,
    spec: json,
    input: wanted.input,
    status: paused ? 'paused' : 'active',
    ...wanted.policies,
    metadata: wanted.metadata,
    tags: wanted.tags,
    definition: wanted.definition,
    createdAt: now,
    updatedAt: now,
    pausedAt: paused ? now : null,
    deletedAt: null,
    decidedThrough,
    nextRunAt: paused ? null : nextRunAfter(spec, scheduleId, decidedThrough, now),
    lastRunAt: null,
    lastRunId: null,
    version: 0,
    statistics: { total: 0, successful: 0, failed: 0, cancelled: 0, skipped: 0 },
  };
  const created = newScheduleEvent('schedule.created', now, {
    workflow_name: workflowName,
    spec: json,
    overlap_policy: wanted.policies.overlapPolicy,
    created_at: isoTime(now),
  });
  await insertSchedule(executor, schedule, [created]);
  return scheduleId;
}

function newScheduleId(): string {
  return `sched_${newSecret().slice(0, 12)}`;
}

/** As a workflow's name, which may be the end of it. */
function checkScheduleId(scheduleId: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,204}$/.test(scheduleId)) return;
  const message = `'${scheduleId}' may hold only letters, digits and _ . - / :, 205 at most`;
  throw new ValidationError('A schedule', [{ path: 'scheduleId', message }]);
}
