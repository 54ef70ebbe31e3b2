export { createClient } from './app.ts';
export type {
  CancelResult,
  CheckedRun,
  CheckRuns,
  Client,
  ForkOptions,
  HooksClient,
  ListRuns,
  ResumeResult,
  RunHandle,
  RunsClient,
  StartOptions,
  WaitOptions,
  Worker,
  WorkerOptions,
} from './client/client.ts';
export type {
  ActivatedSchedule,
  BackfillResult,
  BackfillScheduleOptions,
  CreateScheduleOptions,
  ListSchedules,
  PreviewedOccurrence,
  SchedulerHandle,
  SchedulerOptions,
  SchedulesClient,
  SpecChanges,
  TriggerOptions,
  TriggerResult,
  UpdateScheduleOptions,
} from './client/schedules-client.ts';
export type { Config, StorageConfig } from './config/config.ts';
export type { CalendarSpec, ScheduleSpec } from './core/calendar/schedule-spec.ts';
export { describeSpec, specFromJson } from './core/calendar/spec-json.ts';
export { registerClass } from './core/codec.ts';
export type { Duration } from './core/duration.ts';
export {
  AmbiguousIdError,
  CancellationError,
  ChildWorkflowError,
  ChildWorkflowFailedError,
  ClosedError,
  CompensationError,
  ConfigurationError,
  DiscoveryError,
  DuplicateNameError,
  type ErrorCode,
  EventLimitExceededError,
  FatalError,
  HistoryCorruptedError,
  HookAlreadyReceivedError,
  HookExpiredError,
  HookNotFoundError,
  InvalidTokenError,
  MaxNestingDepthError,
  MissingDependencyError,
  NonDeterminismError,
  OutsideWorkflowError,
  PayloadTooLargeError,
  PyWorkflowError,
  RetryableError,
  ScheduleExistsError,
  ScheduleNotFoundError,
  SerializationError,
  StepFailedError,
  StepTimeoutError,
  StoreError,
  StoreTooNewError,
  StoreUnavailableError,
  StuckWorkflowError,
  UnknownWorkflowError,
  ValidationError,
  WaitTimeoutError,
  WorkflowAlreadyRunningError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowTimeoutError,
} from './core/errors.ts';
export type { EventData, EventType, WorkflowEvent } from './core/event.ts';
export type { HookRecord, HookStatus } from './core/hook.ts';
export type { Json } from './core/json.ts';
export type { RetryDelay } from './core/retry-policy.ts';
export type { RunRecord, RunStatus, RunSummary } from './core/run.ts';
export type {
  CatchUpPolicy,
  OverlapPolicy,
  ScheduleEvent,
  ScheduleRecord,
  ScheduleStatistics,
  ScheduleStatus,
} from './core/schedule.ts';
export {
  activateScheduledWorkflows,
  backfillSchedule,
  cancelWorkflow,
  configure,
  createSchedule,
  deleteSchedule,
  forkRun,
  getConfig,
  getSchedule,
  getWorkflowChain,
  getWorkflowEvents,
  getWorkflowRun,
  listSchedules,
  pauseSchedule,
  resetConfig,
  resume,
  resumeHook,
  resumeSchedule,
  start,
  triggerSchedule,
  updateSchedule,
} from './default-client.ts';
export { discoverWorkflows } from './discovery/discover-workflows.ts';
export type { LogFields, Logger, LogLevel } from './observability/logger.ts';
export { configureLogging, getLogger, type LoggingOptions } from './observability/logging.ts';
export { continueAsNew } from './primitives/continue-as-new.ts';
export { hook } from './primitives/hook.ts';
export { deprecatePatch, patched } from './primitives/patched.ts';
export { reportProgress } from './primitives/report-progress.ts';
export { type Saga, saga } from './primitives/saga.ts';
export { shield } from './primitives/shield.ts';
export { sleep } from './primitives/sleep.ts';
export { startChildWorkflow } from './primitives/start-child-workflow.ts';
export type { ChildOptions, ChildStatus, ChildWorkflowHandle } from './workflow/child-types.ts';
export {
  type Context,
  getContext,
  hasContext,
  type StepContext,
  type WorkflowContext,
} from './workflow/context.ts';
export { defineHook, type TypedHook } from './workflow/define-hook.ts';
export {
  type ScheduledWorkflowOptions,
  scheduledWorkflow,
} from './workflow/define-scheduled-workflow.ts';
export { type StepFunction, type StepOptions, step } from './workflow/define-step.ts';
export {
  type WorkflowFunction,
  type WorkflowOptions,
  workflow,
} from './workflow/define-workflow.ts';
export type { Hook, HookOptions } from './workflow/hook-types.ts';
export { getStep, getWorkflow, listSteps, listWorkflows } from './workflow/registry.ts';
export type { Schema } from './workflow/schema.ts';
export { Step } from './workflow/step-class.ts';
export { Workflow } from './workflow/workflow-class.ts';
