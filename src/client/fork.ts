import { encode } from '../core/codec.ts';
import { WorkflowAlreadyRunningError } from '../core/errors.ts';
import type { Executor } from '../executor/executor.ts';
import { prepareFork } from '../executor/fork-run.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { getWorkflow, hasWorkflow } from '../workflow/registry.ts';
import { validate } from '../workflow/schema.ts';
import type { ForkOptions, RunHandle } from './client.ts';
import { createRunHandle } from './run-handle.ts';
import type { WatchingRunsClient } from './runs.ts';

export async function forkRun(
  executor: Executor,
  runtime: Runtime,
  runs: WatchingRunsClient,
  id: string,
  options: ForkOptions,
): Promise<RunHandle> {
  const source = await runs.get(id);
  const { workflowName } = source;
  const isKnown = hasWorkflow(workflowName);
  const overrides = Object.entries(options.overrides ?? {});
  const write = await prepareFork(executor, source, {
    fromStep: options.fromStep,
    overrides: Object.fromEntries(overrides.map(([step, value]) => [step, encode(value)])),
    input: 'input' in options ? encode(await checkedInput(workflowName, options.input)) : undefined,
  });
  const result = await executor.commits.submit(write);
  if (result.outcome === 'gate_full') {
    throw new WorkflowAlreadyRunningError(result.runId, { gate: result.gate });
  }
  const { runId } = write.run;
  if (isKnown && options.detach !== true) await runtime.adopt(runId);
  else runtime.notify();
  return createRunHandle(runs, { runId, alreadyStarted: false, here: false });
}

/** @throws ValidationError if it does not fit the workflow's schema, where that is known here */
async function checkedInput(workflowName: string, input: unknown): Promise<unknown> {
  if (!hasWorkflow(workflowName)) return input;
  const what = `The input of workflow '${workflowName}' does not fit`;
  return validate(getWorkflow(workflowName).input, input, what);
}
