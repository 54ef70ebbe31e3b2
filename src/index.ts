export { createClient } from './app.ts';
export type {
  CancelResult,
  Client,
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
export type { Config, StorageConfig } from './config/config.ts';
export { registerClass } from './core/codec.ts';
export type { Duration } from './core/duration.ts';
export {
  AmbiguousIdError,
  CancellationError,
  ClosedError,
  ConfigurationError,
  DiscoveryError,
  DuplicateNameError,
  type ErrorCode,
  FatalError,
  HistoryCorruptedError,
  HookAlreadyReceivedError,
  HookExpiredError,
  HookNotFoundError,
  InvalidTokenError,
  MissingDependencyError,
  NonDeterminismError,
  OutsideWorkflowError,
  PyWorkflowError,
  RetryableError,
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
export {
  cancelWorkflow,
  configure,
  getConfig,
  getWorkflowEvents,
  getWorkflowRun,
  resetConfig,
  resume,
  resumeHook,
  start,
} from './default-client.ts';
export { discoverWorkflows } from './discovery/discover-workflows.ts';
export { hook } from './primitives/hook.ts';
export { shield } from './primitives/shield.ts';
export { sleep } from './primitives/sleep.ts';
export {
  type Context,
  getContext,
  hasContext,
  type StepContext,
  type WorkflowContext,
} from './workflow/context.ts';
export { defineHook, type TypedHook } from './workflow/define-hook.ts';
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
