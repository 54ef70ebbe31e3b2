import { resolvePolicies } from '../core/calendar/schedule-policies.ts';
import { encode } from '../core/codec.ts';
import type { Json } from '../core/json.ts';
import type { ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { activateSchedules } from '../scheduler/activate.ts';
import { backfillSchedule } from '../scheduler/backfill.ts';
import { createSchedule } from '../scheduler/create-schedule.ts';
import { deleteSchedule, pauseSchedule, resumeSchedule } from '../scheduler/lifecycle.ts';
import { liveSchedule } from '../scheduler/save-schedule.ts';
import { checkItFires } from '../scheduler/timing.ts';
import { triggerSchedule } from '../scheduler/trigger.ts';
import { updateSchedule } from '../scheduler/update-schedule.ts';
import { getWorkflow, hasWorkflow } from '../workflow/registry.ts';
import { resolveDefinition } from '../workflow/resolve-definition.ts';
import { validate } from '../workflow/schema.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { checkBackfill, checkOverlap, checkTags } from './check-schedule-options.ts';
import { createScheduleReads } from './schedule-reads.ts';
import type {
  CreateScheduleOptions,
  SchedulesClient,
  UpdateScheduleOptions,
} from './schedules-client.ts';

/** What `create` is called with, its type inference aside. */
interface CreateSchedule {
  create(workflow: unknown, ...args: unknown[]): Promise<ScheduleRecord>;
}

/** @param onChange a schedule was written, or runs of one: a scheduler and a worker here may look. */
export function createSchedulesClient(executor: Executor, onChange: () => void): SchedulesClient {
  const { clock } = executor;
  const reads = createScheduleReads(executor);

  /** Writes, tells, and gives what is there now. */
  async function changed(scheduleId: string, writing: Promise<unknown>): Promise<ScheduleRecord> {
    await writing;
    onChange();
    return reads.get(scheduleId);
  }

  const create: CreateSchedule['create'] = async (workflow, ...args) => {
    const [spec, options = {}] = args as [
      Parameters<SchedulesClient['create']>[1],
      CreateScheduleOptions?,
    ];
    const definition = resolveDefinition(workflow);
    const now = clock.now();
    checkItFires(spec, now - 1, now);
    const { scheduleId, metadata = {}, tags = [], paused = false } = options;
    const wanted = {
      scheduleId,
      workflowName: definition.name,
      spec,
      policies: resolvePolicies(options),
      input: await encodeInput(definition, options.input),
      metadata: encodeMetadata(metadata),
      tags: checkTags(tags),
      definition: null,
      paused,
      now,
    };
    const created = await createSchedule(executor, wanted);
    onChange();
    return reads.get(created);
  };

  async function update(
    scheduleId: string,
    changes: UpdateScheduleOptions,
  ): Promise<ScheduleRecord> {
    const { spec, metadata, tags } = changes;
    const { workflowName } = await liveSchedule(executor, scheduleId);
    const input = 'input' in changes ? await newInput(workflowName, changes.input) : undefined;
    const update = {
      spec,
      policies: givenPolicies(changes),
      input,
      metadata: metadata === undefined ? undefined : encodeMetadata(metadata),
      tags: tags === undefined ? undefined : checkTags(tags),
    };
    return changed(scheduleId, updateSchedule(executor, scheduleId, update, clock.now()));
  }

  return {
    create: create as SchedulesClient['create'],
    ...reads,
    update,
    pause: (id, options) => changed(id, pauseSchedule(executor, id, options?.reason ?? null)),
    resume: (id) => changed(id, resumeSchedule(executor, id)),
    delete: (id, options) => changed(id, deleteSchedule(executor, id, options?.reason ?? null)),
    async trigger(id, { overlap = 'allow_all' } = {}) {
      const result = await triggerSchedule(executor, id, checkOverlap(overlap));
      onChange();
      return result;
    },
    async backfill(id, options) {
      const { range, ...rest } = checkBackfill(options);
      const result = await backfillSchedule(executor, id, range, rest);
      onChange();
      return result;
    },
    async activate() {
      const activated = await activateSchedules(executor);
      onChange();
      return activated;
    },
  };
}

async function encodeInput(definition: WorkflowDefinition, input: unknown): Promise<Json> {
  const what = `The input of workflow '${definition.name}' does not fit`;
  return encode(await validate(definition.input, input, what));
}

/** Where the workflow is not known, what it takes is not known either. */
async function newInput(workflowName: string, input: unknown): Promise<Json> {
  return hasWorkflow(workflowName) ? encodeInput(getWorkflow(workflowName), input) : encode(input);
}

function encodeMetadata(metadata: { readonly [key: string]: Json }) {
  return encode(metadata) as { readonly [key: string]: Json };
}

/** Checked, and only those that were mentioned. */
function givenPolicies(changes: UpdateScheduleOptions) {
  const resolved = resolvePolicies(changes);
  return {
    ...(changes.overlapPolicy !== undefined && { overlapPolicy: resolved.overlapPolicy }),
    ...(changes.catchUp !== undefined && { catchUpPolicy: resolved.catchUpPolicy }),
    ...(changes.catchUpWindow !== undefined && { catchUpWindow: resolved.catchUpWindow }),
  };
}
