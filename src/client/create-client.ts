import { encode } from '../core/codec.ts';
import { ClosedError, WorkflowAlreadyRunningError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Executor } from '../executor/executor.ts';
import type { Runtime } from '../runtime/runtime.ts';
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
      metadata: (options.metadata ?? {}) as { readonly [key: string]: Json },
      tags: options.tags ?? [],
    };
    const known = await findByKey(definition, request.input, request.idempotencyKey);
    if (known !== null) return handle(known, true);
    const started = options.detach
      ? await runtime.startDetached(request)
      : await runtime.start(request);
    // Lost the race for the key: the winner's input counts.
    if (started.existed) await findByKey(definition, request.input, request.idempotencyKey);
    return handle(started.runId, started.existed);
  }

  /** @throws WorkflowAlreadyRunningError if the key belongs to a run with another input */
  async function findByKey(definition: WorkflowDefinition, input: Json, key: string | null) {
    if (key === null) return null;
    const run = await store.getRunByKey(definition.name, key);
    if (run === null) return null;
    if (JSON.stringify(run.input) !== JSON.stringify(input)) {
      throw new WorkflowAlreadyRunningError(run.runId, key);
    }
    return run.runId;
  }

  function handle(runId: string, alreadyStarted: boolean): RunHandle<never> {
    if (alreadyStarted) runtime.adopt(runId);
    return createRunHandle(runs, runId, alreadyStarted) as RunHandle<never>;
  }

  return {
    store: store.description,
    // What a run does must not see the context that `start` was called in.
    start: (workflow: unknown, input?: unknown, options?: StartOptions) =>
      runInContext(undefined, () => start(workflow, input, options)),
    runs,
    hooks: createHooksClient(executor, runtime),

    async startWorker(options: WorkerOptions = {}): Promise<Worker> {
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
