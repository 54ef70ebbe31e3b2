import { isDeepStrictEqual } from 'node:util';
import { encode } from '../core/codec.ts';
import { ValidationError, WorkflowAlreadyRunningError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Executor } from '../executor/executor.ts';
import type { NewRun } from '../executor/start-run.ts';
import type { Runtime, StartedRun } from '../runtime/runtime.ts';
import { definitionOf } from '../workflow/define-workflow.ts';
import { getWorkflow, hasWorkflow, registerWorkflow } from '../workflow/registry.ts';
import { validate } from '../workflow/schema.ts';
import { classDefinition, isWorkflowClass } from '../workflow/workflow-class.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { RunHandle, StartOptions } from './client.ts';
import { createRunHandle } from './run-handle.ts';
import type { WatchingRunsClient } from './runs.ts';
import { startTransient } from './transient.ts';

export type Start = (
  workflow: unknown,
  input: unknown,
  options: StartOptions,
) => Promise<RunHandle>;

/** @param durable what workflows do that do not say otherwise. */
export function createStart(
  executor: Executor,
  runtime: Runtime,
  runs: WatchingRunsClient,
  durable: boolean,
): Start {
  const { store } = executor;

  async function start(
    workflow: unknown,
    input: unknown,
    options: StartOptions,
  ): Promise<RunHandle> {
    const definition = resolveDefinition(workflow);
    const what = `The input of workflow '${definition.name}' does not fit`;
    const value = await validate(definition.input, input, what);
    if (!(options.durable ?? definition.durable ?? durable)) {
      return startTransient(executor, definition, value);
    }
    const request = {
      definition,
      input: encode(value),
      idempotencyKey: options.idempotencyKey ?? null,
      metadata: encode(options.metadata ?? {}) as { readonly [key: string]: Json },
      tags: checkTags(options.tags ?? []),
    };
    const here = options.detach !== true;
    const { idempotencyKey } = request;
    if (idempotencyKey === null) return handle(await begin(request, here), here);
    // As text: the code that is about to run may change its input in place.
    const inputText = JSON.stringify(request.input);
    const known = await findByKey(definition, idempotencyKey, inputText);
    if (known !== null) return handle({ runId: known, existed: true }, here);
    const started = await begin(request, here);
    // Lost the race for the key: the winner's input counts.
    if (started.existed) await findByKey(definition, idempotencyKey, inputText);
    return handle(started, here);
  }

  function begin(request: NewRun, here: boolean): Promise<StartedRun> {
    return here ? runtime.start(request) : runtime.startDetached(request);
  }

  /** @throws WorkflowAlreadyRunningError if the key belongs to a run with another input */
  async function findByKey(definition: WorkflowDefinition, key: string, inputText: string) {
    const run = await store.getRunByKey(definition.name, key);
    if (run === null) return null;
    // The order of keys is no difference.
    if (!isDeepStrictEqual(run.input, JSON.parse(inputText))) {
      throw new WorkflowAlreadyRunningError(run.runId, key);
    }
    return run.runId;
  }

  async function handle({ runId, existed }: StartedRun, here: boolean): Promise<RunHandle> {
    if (existed && here) await runtime.adopt(runId);
    const started = { runId, alreadyStarted: existed, here: here && !existed };
    return createRunHandle(runs, started);
  }

  return start;
}

function checkTags(tags: readonly string[]): readonly string[] {
  const at = tags.findIndex((tag: unknown) => typeof tag !== 'string');
  if (at === -1) return tags;
  throw new ValidationError('start()', [{ path: `tags[${at}]`, message: 'is not text' }]);
}

function resolveDefinition(workflow: unknown): WorkflowDefinition {
  if (typeof workflow === 'string') return getWorkflow(workflow);
  if (isWorkflowClass(workflow)) return classDefinition(workflow);
  const definition = definitionOf(workflow);
  if (definition === undefined)
    return getWorkflow(String((workflow as { name?: unknown })?.name ?? workflow));
  // A test may have cleared the registry since the definition.
  if (!hasWorkflow(definition.name)) registerWorkflow(definition);
  return definition;
}
