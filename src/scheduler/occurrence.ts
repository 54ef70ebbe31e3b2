import { createHash } from 'node:crypto';
import { isoTime } from '../core/clock.ts';
import { decode } from '../core/codec.ts';
import { newRunId } from '../core/id.ts';
import type { Json } from '../core/json.ts';
import {
  type NewScheduleEvent,
  newScheduleEvent,
  type OverlapPolicy,
  type ScheduleRecord,
} from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { prepareDetachedRun } from '../executor/start-run.ts';
import type { Gate, Occurrence } from '../storage/commit.ts';
import { resolveWorkflow } from '../workflow/define-workflow.ts';
import { getWorkflow, hasWorkflow } from '../workflow/registry.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { gatesOf } from '../workflow/workflow-gates.ts';
import type { Skip } from './decide.ts';

export interface NewOccurrence {
  /** Milliseconds since the epoch; null for a run that is asked for by hand. */
  readonly scheduledAt: number | null;
  readonly overlap: OverlapPolicy;
}

/**
 * The run of an occurrence has the same id whoever starts it: another scheduler, a backfill, or a
 * second backfill of the same time.
 */
export function occurrenceRunId(scheduleId: string, scheduledAt: number): string {
  const digest = createHash('sha256').update(`${scheduleId}@${scheduledAt}`).digest('hex');
  return `run_${digest.slice(0, 16)}`;
}

/** A run for one occurrence, and what the log says of it, whether it starts or is refused. */
export function prepareOccurrence(
  executor: Executor,
  schedule: ScheduleRecord,
  { scheduledAt, overlap }: NewOccurrence,
  now: number,
): Occurrence {
  const { scheduleId, workflowName, input, metadata, tags } = schedule;
  const definition = definitionFor(workflowName);
  const runId = scheduledAt === null ? newRunId() : occurrenceRunId(scheduleId, scheduledAt);
  const { write } = prepareDetachedRun(executor, {
    definition,
    input,
    idempotencyKey: null,
    metadata,
    tags,
    runId,
    schedule: { id: scheduleId, scheduledAt: scheduledAt ?? now },
    gates: [
      { name: `schedule:${scheduleId}`, limit: 1, whenFull: WHEN_FULL[overlap] },
      ...limitsOf(definition, input),
    ],
  });
  const at = scheduledAt ?? now;
  const reason = refusal(overlap, definition);
  return {
    create: write,
    started: newScheduleEvent('schedule.triggered', now, {
      scheduled_time: scheduledAt === null ? null : isoTime(scheduledAt),
      actual_time: isoTime(now),
      workflow_run_id: runId,
    }),
    refused: skippedEvent({ reason, first: at, last: at, count: 1 }, overlap, now),
  };
}

export function skippedEvent(skip: Skip, overlap: OverlapPolicy, now: number): NewScheduleEvent {
  return newScheduleEvent('schedule.skipped', now, {
    reason: skip.reason,
    scheduled_time: isoTime(skip.first),
    until: isoTime(skip.last),
    count: skip.count,
    overlap_policy: overlap,
    skipped_at: isoTime(now),
  });
}

/** The workflow's own gates. */
function limitsOf(definition: WorkflowDefinition, input: Json): readonly Gate[] {
  const { concurrency, singleton } = definition;
  return concurrency === undefined && singleton === undefined
    ? []
    : gatesOf(definition, decode(input));
}

const WHEN_FULL: Readonly<Record<OverlapPolicy, Gate['whenFull']>> = {
  skip: 'refuse',
  buffer_one: 'wait_one',
  buffer_all: 'wait',
  cancel_other: 'replace',
  allow_all: 'join',
};

/** The gate that refuses is known only afterwards, so the text names all that could have. */
function refusal(overlap: OverlapPolicy, { singleton }: WorkflowDefinition): string {
  const reasons: string[] = [];
  if (overlap === 'skip') {
    reasons.push(
      "an earlier run of this schedule is still active, and the overlap policy is 'skip'",
    );
  } else if (overlap === 'buffer_one') {
    reasons.push(
      "an earlier run of this schedule is still active and another one waits already, and the overlap policy is 'buffer_one'",
    );
  }
  if (singleton !== undefined) reasons.push('the workflow is a singleton and has an active run');
  return reasons.join('; or ') || 'the workflow lets no other run beside an active one';
}

/** Workers may know a workflow that this process does not; its runs then take the defaults. */
function definitionFor(name: string): WorkflowDefinition {
  if (hasWorkflow(name)) return getWorkflow(name);
  return resolveWorkflow({ name }, () => {
    throw new Error(`Workflow '${name}' is not defined in this process`);
  });
}
