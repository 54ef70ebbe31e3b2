import { resolvePolicies, type SchedulePolicies } from '../core/calendar/schedule-policies.ts';
import { checkScheduleSpec, type ScheduleSpec } from '../core/calendar/schedule-spec.ts';
import { type WorkflowFunction, type WorkflowOptions, workflow } from './define-workflow.ts';
import { registerScheduled } from './registry.ts';
import type { Schema } from './schema.ts';

/** The options of `workflow()`, a timing and its policies. */
export type ScheduledWorkflowOptions<In = unknown, Parsed = In> = WorkflowOptions<In, Parsed> &
  ScheduleSpec &
  SchedulePolicies &
  ScheduledInput<In>;

/** What every run of the schedule is given (`input` is the schema). */
type ScheduledInput<In> = undefined extends In
  ? { readonly scheduledInput?: NoInfer<In> }
  : { readonly scheduledInput: NoInfer<In> };

type Body<Parsed, Out> = (input: Parsed) => Out | Promise<Out>;

/**
 * A workflow that brings its schedule along, under the id `auto_{workflow}`: workers create it when
 * they start, and `activateScheduledWorkflows` does. Its runs are durable whatever `durable` says.
 * @throws DuplicateNameError, ValidationError for a bad option or timing
 */
export function scheduledWorkflow<In, Out, Parsed = In>(
  options: ScheduledWorkflowOptions<In, Parsed> & { readonly input: Schema<In, Parsed> },
  fn: Body<Parsed, Out>,
): WorkflowFunction<In, Out, Parsed>;
export function scheduledWorkflow<Out, In = void>(
  options: ScheduledWorkflowOptions<In, In>,
  fn: Body<In, Out>,
): WorkflowFunction<In, Out>;
export function scheduledWorkflow<In, Out, Parsed>(
  options: WorkflowOptions<In, Parsed> &
    ScheduleSpec &
    SchedulePolicies & { readonly scheduledInput?: unknown },
  fn: Body<Parsed, Out>,
): WorkflowFunction<In, Out, Parsed> {
  const { cron, interval, calendar, at, timezone, startAt, endAt, jitter, ...others } = options;
  const { overlapPolicy, catchUp, catchUpWindow, scheduledInput, ...workflowOptions } = others;
  const parts = { cron, interval, calendar, at, timezone, startAt, endAt, jitter };
  const given = Object.entries(parts).filter(([, value]) => value !== undefined);
  const spec: ScheduleSpec = Object.fromEntries(given);
  checkScheduleSpec(spec);
  const policies = resolvePolicies({ overlapPolicy, catchUp, catchUpWindow });
  const defined = workflow(
    { ...workflowOptions, name: options.name ?? fn.name } as WorkflowOptions<In, Parsed> & {
      readonly input: Schema<In, Parsed>;
    },
    fn,
  );
  const { workflowName } = defined;
  registerScheduled({ workflowName, spec, policies, input: scheduledInput });
  return defined;
}
