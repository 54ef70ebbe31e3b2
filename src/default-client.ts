import { createClient, resolveSettings } from './app.ts';
import type {
  CancelResult,
  Client,
  ResumeResult,
  RunHandle,
  StartArguments,
  StartOptions,
} from './client/client.ts';
import type { Config, ResolvedConfig } from './config/config.ts';
import { resolveConfig } from './config/resolve-config.ts';
import type { WorkflowEvent } from './core/event.ts';
import type { RunRecord } from './core/run.ts';
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

/** @throws ValidationError, HookNotFoundError, HookAlreadyReceivedError, HookExpiredError, InvalidTokenError */
export async function resumeHook(token: string, payload: unknown): Promise<ResumeResult> {
  return (await defaultClient()).hooks.resume(token, payload);
}

function defaultClient(): Promise<Client> {
  opening ??= createClient(settings).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}
