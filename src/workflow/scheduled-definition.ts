import type { ResolvedPolicies } from '../core/calendar/schedule-policies.ts';
import type { ScheduleSpec } from '../core/calendar/schedule-spec.ts';

/** The schedule that a workflow brings along, as the registry holds it. */
export interface ScheduledDefinition {
  readonly workflowName: string;
  /** Checked. */
  readonly spec: ScheduleSpec;
  readonly policies: ResolvedPolicies;
  /** Of every run; not checked yet, as a schema may have to be waited for. */
  readonly input: unknown;
}
