import type { SchedulePolicies } from '../core/calendar/schedule-policies.ts';
import type { ScheduleSpec } from '../core/calendar/schedule-spec.ts';
import type { Json } from '../core/json.ts';
import type {
  OverlapPolicy,
  ScheduleEvent,
  ScheduleRecord,
  ScheduleStatus,
} from '../core/schedule.ts';
import type { ActivatedSchedule } from '../scheduler/activate.ts';
import type { BackfillResult } from '../scheduler/backfill.ts';
import type { PreviewedOccurrence } from '../scheduler/preview.ts';
import type { SpecChanges } from '../scheduler/timing.ts';
import type { TriggerResult } from '../scheduler/trigger.ts';
import type { WorkflowFunction } from '../workflow/define-workflow.ts';
import type { ClassInput, Workflow, WorkflowClass } from '../workflow/workflow-class.ts';

export type { ActivatedSchedule, BackfillResult, PreviewedOccurrence, SpecChanges, TriggerResult };

/** Ids are whole ids. Every method that names one that is not there throws ScheduleNotFoundError. */
export interface SchedulesClient {
  /**
   * Its runs start where a worker serves the workflow, as long as a scheduler runs somewhere.
   * @throws UnknownWorkflowError, ScheduleExistsError, ValidationError for a timing that is wrong or
   *   never fires, and for an input that does not fit the workflow
   */
  create<In, Out, Parsed>(
    workflow: WorkflowFunction<In, Out, Parsed>,
    spec: ScheduleSpec,
    ...args: CreateScheduleArguments<NoInfer<In>>
  ): Promise<ScheduleRecord>;
  create<W extends Workflow>(
    workflow: WorkflowClass<W>,
    spec: ScheduleSpec,
    ...args: CreateScheduleArguments<ClassInput<W>>
  ): Promise<ScheduleRecord>;
  create(
    workflow: string,
    spec: ScheduleSpec,
    options?: CreateScheduleOptions,
  ): Promise<ScheduleRecord>;
  /** Also a deleted one. */
  get(scheduleId: string): Promise<ScheduleRecord>;
  /** Newest first, without deleted ones unless they are asked for. */
  list(filter?: ListSchedules): Promise<{
    readonly items: readonly ScheduleRecord[];
    readonly nextCursor: string | null;
  }>;
  /** What is not mentioned stays. @throws ValidationError as `create` does */
  update(scheduleId: string, changes: UpdateScheduleOptions): Promise<ScheduleRecord>;
  /** Nothing fires until it is resumed. */
  pause(scheduleId: string, options?: { readonly reason?: string }): Promise<ScheduleRecord>;
  /** Counts from now: what the pause has swallowed is not made up for. */
  resume(scheduleId: string): Promise<ScheduleRecord>;
  /** Its record and log stay, its runs go on. */
  delete(scheduleId: string, options?: { readonly reason?: string }): Promise<ScheduleRecord>;
  /** Starts a run now, also of a paused schedule; the timing stays as it is. */
  trigger(scheduleId: string, options?: TriggerOptions): Promise<TriggerResult>;
  /**
   * Starts a run for every past occurrence of a range that has none. Doing it again starts nothing
   * again. @throws ValidationError for a range that is none, or holds more than `limit`
   */
  backfill(scheduleId: string, options: BackfillScheduleOptions): Promise<BackfillResult>;
  /** The next occurrences. @param count default 10, 1000 at most. @throws ValidationError */
  preview(schedule: string | ScheduleSpec, count?: number): Promise<readonly PreviewedOccurrence[]>;
  /** What has become of it and of its occurrences, in order of sequence. */
  events(
    scheduleId: string,
    options?: { readonly after?: number; readonly limit?: number },
  ): Promise<readonly ScheduleEvent[]>;
  /** Creates or updates the schedules that workflows of this process bring along. */
  activate(): Promise<readonly ActivatedSchedule[]>;
}

export interface CreateScheduleOptions<In = unknown> extends SchedulePolicies {
  /** Of every run. */
  readonly input?: In;
  /** Default: `sched_` and 12 hex digits. */
  readonly scheduleId?: string | undefined;
  /** Of its runs, besides the workflow's own. */
  readonly metadata?: { readonly [key: string]: Json } | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Fires only once it is resumed. Default false. */
  readonly paused?: boolean | undefined;
}

/** `create(wf, spec)` for workflows without input, with `{ input }` for the others. */
export type CreateScheduleArguments<In> = undefined extends In
  ? [options?: CreateScheduleOptions<In>]
  : [options: CreateScheduleOptions<In> & { readonly input: In }];

export interface UpdateScheduleOptions extends SchedulePolicies {
  /** A new kind of timing takes the place of the old one; null takes a part away. */
  readonly spec?: SpecChanges | undefined;
  readonly input?: unknown;
  readonly metadata?: { readonly [key: string]: Json } | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface ListSchedules {
  readonly workflowName?: string | undefined;
  readonly status?: ScheduleStatus | undefined;
  readonly includeDeleted?: boolean | undefined;
  /** Default 100. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface TriggerOptions {
  /** What an active run of the schedule means. Default `allow_all`: nothing. */
  readonly overlap?: OverlapPolicy | undefined;
}

export interface BackfillScheduleOptions {
  /** Inclusive. */
  readonly start: Date;
  /** Exclusive. */
  readonly end: Date;
  /** Default `allow_all`. */
  readonly overlap?: OverlapPolicy | undefined;
  /** Default 1000, at most 10 000. */
  readonly limit?: number | undefined;
  /** Only says what would be started. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface SchedulerOptions {
  /**
   * The longest wait while a schedule is active: a computer that was asleep is late by no more than
   * this. Milliseconds, default 5000.
   */
  readonly pollIntervalMs?: number | undefined;
}

/** Starts the runs of schedules until it is stopped. */
export interface SchedulerHandle {
  /** Settles when it has stopped. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}
