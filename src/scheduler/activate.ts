import { createHash } from 'node:crypto';
import type { ScheduleSpec } from '../core/calendar/schedule-spec.ts';
import { specToJson } from '../core/calendar/spec-json.ts';
import { encode } from '../core/codec.ts';
import { ScheduleExistsError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Executor } from '../executor/executor.ts';
import { getWorkflow, listScheduledWorkflows } from '../workflow/registry.ts';
import type { ScheduledDefinition } from '../workflow/scheduled-definition.ts';
import { validate } from '../workflow/schema.ts';
import { createSchedule } from './create-schedule.ts';
import type { SpecChanges } from './timing.ts';
import { updateSchedule } from './update-schedule.ts';

export interface ActivatedSchedule {
  readonly scheduleId: string;
  readonly workflowName: string;
  /** `deleted`: somebody has deleted it, which a new start does not undo. */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'deleted';
}

/**
 * Brings the schedules of this process's scheduled workflows into the store. One that has been
 * changed by hand stays as it is until its definition in code changes; one that is paused stays so.
 * @throws ValidationError if the input of one does not fit its workflow
 */
export async function activateSchedules(executor: Executor): Promise<readonly ActivatedSchedule[]> {
  const activated: ActivatedSchedule[] = [];
  for (const definition of listScheduledWorkflows()) {
    activated.push(await activate(executor, definition));
  }
  return activated;
}

async function activate(
  executor: Executor,
  scheduled: ScheduledDefinition,
): Promise<ActivatedSchedule> {
  const { workflowName, spec, policies } = scheduled;
  const scheduleId = `auto_${workflowName}`;
  const result = { scheduleId, workflowName };
  const input = await encodedInput(scheduled);
  const definition = fingerprint([specToJson(spec), { ...policies }, input]);
  for (;;) {
    const existing = await executor.store.getSchedule(scheduleId);
    if (existing?.status === 'deleted') return { ...result, outcome: 'deleted' };
    if (existing?.definition === definition) return { ...result, outcome: 'unchanged' };
    const now = executor.clock.now();
    if (existing !== null) {
      const update = { spec: whole(spec), policies, input, definition, mayHaveEnded: true };
      await updateSchedule(executor, scheduleId, update, now);
      return { ...result, outcome: 'updated' };
    }
    const rest = { policies, input, definition, metadata: {}, tags: [], paused: false, now };
    try {
      await createSchedule(executor, { ...result, spec, ...rest });
      return { ...result, outcome: 'created' };
    } catch (error) {
      // Another process has just activated it.
      if (!ScheduleExistsError.is(error, 'SCHEDULE_EXISTS')) throw error;
    }
  }
}

async function encodedInput({ workflowName, input }: ScheduledDefinition): Promise<Json> {
  const what = `The scheduledInput of workflow '${workflowName}' does not fit`;
  return encode(await validate(getWorkflow(workflowName).input, input, what));
}

/** Everything that is not in the spec goes. */
function whole(spec: ScheduleSpec): SpecChanges {
  const nothing = { cron: null, interval: null, calendar: null, at: null };
  return { ...nothing, timezone: null, startAt: null, endAt: null, jitter: null, ...spec };
}

function fingerprint(parts: readonly Json[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
