import { createClient, resolveSettings } from './app.ts';
import type {
  CancelResult,
  Client,
  ForkOptions,
  ResumeResult,
  RunHandle,
  StartArguments,
  StartOptions,
} from './client/client.ts';
import type {
  ActivatedSchedule,
  BackfillResult,
  BackfillScheduleOptions,
  CreateScheduleArguments,
  CreateScheduleOptions,
  ListSchedules,
  TriggerOptions,
  TriggerResult,
  UpdateScheduleOptions,
} from './client/schedules-client.ts';
import type { Config, ResolvedConfig } from './config/config.ts';
import { resolveConfig } from './config/resolve-config.ts';
import type { ScheduleSpec } from './core/calendar/schedule-spec.ts';
import type { WorkflowEvent } from './core/event.ts';
import type { RunRecord, RunSummary } from './core/run.ts';
import type { ScheduleRecord } from './core/schedule.ts';
import type { WorkflowFunction } from './workflow/define-workflow.ts';
import type {
  ClassInput,
  ClassOutput,
  Workflow,
  WorkflowClass,
} from './workflow/workflow-class.ts';

let settings: Config = {};
let opening: Promise<Client> | null = null;

/**
 * Sets what the functions of this package work with; later calls add to earlier ones. Unset keys
 * come from the environment, then from the nearest pyworkflow.config.yaml, then the defaults.
 * @throws ConfigurationError for an unknown key or a wrong type
 */
export function configure(config: Config): void {
  const merged = { ...settings, ...config };
  resolveConfig({ config: merged, env: {}, cwd: process.cwd() });
  settings = merged;
  opening = null;
}

/** The configuration in force, every default filled in. @throws ConfigurationError */
export function getConfig(): Promise<ResolvedConfig> {
  return resolveSettings(settings);
}

/** Closes the default client and forgets `configure`. */
export async function resetConfig(): Promise<void> {
  const open = opening;
  settings = {};
  opening = null;
  if (open !== null) await (await open).close();
}

/**
 * Starts a run on the default client: here, in this process, if its runtime is local.
 * @throws ValidationError if the input does not fit, WorkflowAlreadyRunningError, StoreError
 */
export function start<In, Out, Parsed>(
  workflow: WorkflowFunction<In, Out, Parsed>,
  ...args: StartArguments<NoInfer<In>>
): Promise<RunHandle<Out>>;
export function start<W extends Workflow>(
  workflow: WorkflowClass<W>,
  ...args: StartArguments<ClassInput<W>>
): Promise<RunHandle<ClassOutput<W>>>;
export function start(
  workflow: string,
  input?: unknown,
  options?: StartOptions,
): Promise<RunHandle>;
export async function start(
  workflow: unknown,
  input?: unknown,
  options?: StartOptions,
): Promise<unknown> {
  return (await defaultClient()).start(workflow as string, input, options);
}

/** Wakes a parked run so that it is tried again with today's code. @throws WorkflowNotFoundError */
export async function resume(runId: string): Promise<RunRecord> {
  return (await defaultClient()).runs.resume(runId);
}

/**
 * A new run that takes over the history of another one up to a step and goes on from there.
 * @throws WorkflowNotFoundError, ValidationError, WorkflowAlreadyRunningError
 */
export async function forkRun(runId: string, options?: ForkOptions): Promise<RunHandle> {
  return (await defaultClient()).runs.fork(runId, options);
}

/** Asks a run to stop. @throws WorkflowNotFoundError */
export async function cancelWorkflow(runId: string, reason?: string): Promise<CancelResult> {
  return (await defaultClient()).runs.cancel(runId, reason === undefined ? {} : { reason });
}

/** @throws WorkflowNotFoundError, AmbiguousIdError */
export async function getWorkflowRun(runId: string): Promise<RunRecord> {
  return (await defaultClient()).runs.get(runId);
}

/** In order of sequence. @throws WorkflowNotFoundError */
export async function getWorkflowEvents(runId: string): Promise<readonly WorkflowEvent[]> {
  return (await defaultClient()).runs.events(runId);
}

/** The chain of continued runs that a run belongs to, oldest first. @throws WorkflowNotFoundError */
export async function getWorkflowChain(runId: string): Promise<readonly RunSummary[]> {
  return (await defaultClient()).runs.chain(runId);
}

/** @throws ValidationError, HookNotFoundError, HookAlreadyReceivedError, HookExpiredError, InvalidTokenError */
export async function resumeHook(token: string, payload: unknown): Promise<ResumeResult> {
  return (await defaultClient()).hooks.resume(token, payload);
}

/**
 * Starts runs of a workflow by the calendar, as long as a worker or scheduler runs somewhere.
 * @throws UnknownWorkflowError, ScheduleExistsError, ValidationError for a timing that is wrong or
 *   never fires, and for an input that does not fit
 */
export function createSchedule<In, Out, Parsed>(
  workflow: WorkflowFunction<In, Out, Parsed>,
  spec: ScheduleSpec,
  ...args: CreateScheduleArguments<NoInfer<In>>
): Promise<ScheduleRecord>;
export function createSchedule<W extends Workflow>(
  workflow: WorkflowClass<W>,
  spec: ScheduleSpec,
  ...args: CreateScheduleArguments<ClassInput<W>>
): Promise<ScheduleRecord>;
export function createSchedule(
  workflow: string,
  spec: ScheduleSpec,
  options?: CreateScheduleOptions,
): Promise<ScheduleRecord>;
export async function createSchedule(
  workflow: unknown,
  spec: ScheduleSpec,
  options?: CreateScheduleOptions,
): Promise<ScheduleRecord> {
  return (await defaultClient()).schedules.create(workflow as string, spec, options);
}

/** Also a deleted one. @throws ScheduleNotFoundError */
export async function getSchedule(scheduleId: string): Promise<ScheduleRecord> {
  return (await defaultClient()).schedules.get(scheduleId);
}

/** Newest first, without deleted ones unless they are asked for. */
export async function listSchedules(filter?: ListSchedules): Promise<readonly ScheduleRecord[]> {
  return (await (await defaultClient()).schedules.list(filter)).items;
}

/** What is not mentioned stays. @throws ScheduleNotFoundError, ValidationError */
export async function updateSchedule(
  scheduleId: string,
  changes: UpdateScheduleOptions,
): Promise<ScheduleRecord> {
  return (await defaultClient()).schedules.update(scheduleId, changes);
}

/** Nothing fires until it is resumed. @throws ScheduleNotFoundError */
export async function pauseSchedule(
  scheduleId: string,
  options?: { readonly reason?: string },
): Promise<ScheduleRecord> {
  return (await defaultClient()).schedules.pause(scheduleId, options);
}

/** Counts from now: what the pause has swallowed is not made up for. @throws ScheduleNotFoundError */
export async function resumeSchedule(scheduleId: string): Promise<ScheduleRecord> {
  return (await defaultClient()).schedules.resume(scheduleId);
}

/** Its record and log stay, its runs go on. @throws ScheduleNotFoundError */
export async function deleteSchedule(
  scheduleId: string,
  options?: { readonly reason?: string },
): Promise<ScheduleRecord> {
  return (await defaultClient()).schedules.delete(scheduleId, options);
}

/** Starts a run now; the timing stays as it is. @throws ScheduleNotFoundError */
export async function triggerSchedule(
  scheduleId: string,
  options?: TriggerOptions,
): Promise<TriggerResult> {
  return (await defaultClient()).schedules.trigger(scheduleId, options);
}

/** Starts a run for every past occurrence of a range that has none. @throws ScheduleNotFoundError, ValidationError */
export async function backfillSchedule(
  scheduleId: string,
  options: BackfillScheduleOptions,
): Promise<BackfillResult> {
  return (await defaultClient()).schedules.backfill(scheduleId, options);
}

/** Creates or updates the schedules that this process's `scheduledWorkflow`s bring along. */
export async function activateScheduledWorkflows(): Promise<readonly ActivatedSchedule[]> {
  return (await defaultClient()).schedules.activate();
}

function defaultClient(): Promise<Client> {
  opening ??= createClient(settings).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}
