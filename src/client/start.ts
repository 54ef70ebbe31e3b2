import { isDeepStrictEqual } from 'node:util';
import { encode } from '../core/codec.ts';
import { ValidationError, WorkflowAlreadyRunningError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { RunStatus } from '../core/run.ts';
import type { Executor } from '../executor/executor.ts';
import type { NewRun } from '../executor/start-run.ts';
import type { Runtime, StartedRun } from '../runtime/runtime.ts';
import { resolveDefinition } from '../workflow/resolve-definition.ts';
import { validate } from '../workflow/schema.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { gatesOf } from '../workflow/workflow-gates.ts';
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
      gates: gatesOf(definition, value),
    };
    const here = options.detach !== true;
    const { idempotencyKey } = request;
    if (idempotencyKey === null) return handle(definition, await begin(request, here), here);
    // As text: the code that is about to run may change its input in place.
    const inputText = JSON.stringify(request.input);
    const known = await findByKey(definition, idempotencyKey, inputText);
    const restarts = options.ifFailed === 'restart' && known !== null && hasFailed(known.status);
    if (known !== null && !restarts) {
      return handle(definition, { runId: known.runId, existed: true }, here);
    }
    const takesKeyFrom = known?.runId;
    const started = await begin({ ...request, takesKeyFrom }, here);
    // Lost the race for the key: the winner's input counts.
    if (started.existed) await findByKey(definition, idempotencyKey, inputText);
    return handle(definition, started, here);
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
      throw new WorkflowAlreadyRunningError(run.runId, { idempotencyKey: key });
    }
    return run;
  }

  /** @throws WorkflowAlreadyRunningError if a singleton's place is taken */
  async function handle(
    definition: WorkflowDefinition,
    { runId, existed, refusedBy }: StartedRun,
    here: boolean,
  ): Promise<RunHandle> {
    if (refusedBy !== undefined && definition.singleton?.onConflict !== 'return_existing') {
      throw new WorkflowAlreadyRunningError(runId, { gate: refusedBy });
    }
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

function hasFailed(status: RunStatus): boolean {
  return status === 'failed' || status === 'cancelled';
}
