import { isDeepStrictEqual } from 'node:util';
import { encode } from '../core/codec.ts';
import { ClosedError, ValidationError, WorkflowAlreadyRunningError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Executor } from '../executor/executor.ts';
import type { NewRun } from '../executor/start-run.ts';
import type { Runtime, StartedRun } from '../runtime/runtime.ts';
import { runInContext } from '../workflow/context.ts';
import { definitionOf } from '../workflow/define-workflow.ts';
import { getWorkflow, hasWorkflow, registerWorkflow } from '../workflow/registry.ts';
import { validate } from '../workflow/schema.ts';
import { classDefinition, isWorkflowClass } from '../workflow/workflow-class.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { Client, RunHandle, StartOptions, Worker, WorkerOptions } from './client.ts';
import { createHooksClient } from './hooks.ts';
import { createRunHandle } from './run-handle.ts';
import { createRunsClient } from './runs.ts';
import { startTransient } from './transient.ts';

const DEFAULT_GRACE_MS = 30_000;

/** @param durable what workflows do that do not say otherwise. */
export function createClientOn(executor: Executor, runtime: Runtime, durable: boolean): Client {
  const { store } = executor;
  const runs = createRunsClient(executor, runtime);
  let closing: Promise<void> | null = null;

  async function start(
    workflow: unknown,
    input?: unknown,
    options: StartOptions = {},
  ): Promise<RunHandle<never>> {
    if (closing !== null) throw new ClosedError('client');
    const definition = resolveDefinition(workflow);
    const what = `The input of workflow '${definition.name}' does not fit`;
    const value = await validate(definition.input, input, what);
    if (!(options.durable ?? definition.durable ?? durable)) {
      return startTransient(executor, definition, value) as RunHandle<never>;
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

  async function handle({ runId, existed }: StartedRun, here: boolean): Promise<RunHandle<never>> {
    if (existed && here) await runtime.adopt(runId);
    const started = { runId, alreadyStarted: existed, here: here && !existed };
    return createRunHandle(runs, started) as RunHandle<never>;
  }

  return {
    store: store.description,
    // What a run does must not see the context that `start` was called in.
    start: (workflow: unknown, input?: unknown, options?: StartOptions) =>
      runInContext(undefined, () => start(workflow, input, options)),
    runs,
    hooks: createHooksClient(executor, runtime),

    async startWorker(options: WorkerOptions = {}): Promise<Worker> {
      if (closing !== null) throw new ClosedError('client');
      for (const name of options.workflows ?? []) getWorkflow(name);
      const worker = await runtime.serve({
        name: options.name,
        concurrency: options.concurrency,
        workflows: options.workflows ?? null,
      });
      return {
        workerId: worker.workerId,
        name: worker.name,
        get activeRuns() {
          return worker.activeRuns();
        },
        done: worker.done,
        stop: ({ graceMs = DEFAULT_GRACE_MS } = {}) => worker.stop(graceMs),
      };
    },

    close() {
      closing ??= (async () => {
        await runtime.close(DEFAULT_GRACE_MS);
        await store.close();
      })();
      return closing;
    },
  };
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
