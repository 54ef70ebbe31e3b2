import { ClosedError, ConfigurationError, ValidationError } from '../core/errors.ts';
import type { Executor } from '../executor/executor.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { runInContext } from '../workflow/context.ts';
import { getWorkflow } from '../workflow/registry.ts';
import type { Client, RunHandle, StartOptions, Worker, WorkerOptions } from './client.ts';
import { createHooksClient } from './hooks.ts';
import { createLazySchedules } from './lazy-schedules.ts';
import { createRunsClient } from './runs.ts';
import type { Schedules } from './schedulers.ts';
import type { Start } from './start.ts';
import { createWorkersClient } from './workers.ts';

const DEFAULT_GRACE_MS = 30_000;

/**
 * @param durable what workflows do that do not say otherwise.
 * @param metrics gives them as text; null where they are not enabled.
 */
export function createClientOn(
  executor: Executor,
  runtime: Runtime,
  durable: boolean,
  metrics: (() => Promise<string>) | null,
): Client {
  const { store } = executor;
  const runs = createRunsClient(executor, runtime);
  let closing: Promise<void> | null = null;
  let loading: Promise<Start> | null = null;
  let loadingSchedules: Promise<Schedules> | null = null;

  /** Loaded on first use: whoever only reads needs neither the codec nor the executor. */
  function loadStart(): Promise<Start> {
    loading ??= import('./start.ts').then(({ createStart }) =>
      createStart(executor, runtime, runs, durable),
    );
    return loading;
  }

  function loadSchedules(): Promise<Schedules> {
    loadingSchedules ??= import('./schedulers.ts').then(({ createSchedules }) =>
      createSchedules(executor, runtime),
    );
    return loadingSchedules;
  }

  async function start(
    workflow: unknown,
    input?: unknown,
    options: StartOptions = {},
  ): Promise<RunHandle<never>> {
    if (closing !== null) throw new ClosedError('client');
    return (await loadStart())(workflow, input, options) as Promise<RunHandle<never>>;
  }

  return {
    store: store.description,
    // What a run does must not see the context that `start` was called in.
    start: (workflow: unknown, input?: unknown, options?: StartOptions) =>
      runInContext(undefined, () => start(workflow, input, options)),
    runs,
    hooks: createHooksClient(executor, runtime),
    schedules: createLazySchedules(
      async () => (await import('./schedule-reads.ts')).createScheduleReads(executor),
      async () => (await loadSchedules()).client,
    ),
    workers: createWorkersClient(executor),

    async startWorker(options: WorkerOptions = {}): Promise<Worker> {
      if (closing !== null) throw new ClosedError('client');
      for (const name of options.workflows ?? []) getWorkflow(name);
      checkConcurrency(options.concurrency);
      const schedules = options.schedules === false ? null : await loadSchedules();
      await schedules?.client.activate();
      const worker = await runtime.serve({
        name: options.name,
        concurrency: options.concurrency,
        workflows: options.workflows ?? null,
      });
      const scheduler = schedules?.startScheduler({});
      // A worker that has given up fires nothing more.
      if (scheduler !== undefined) worker.done.then(scheduler.stop, scheduler.stop);
      return {
        workerId: worker.workerId,
        name: worker.name,
        get activeRuns() {
          return worker.activeRuns();
        },
        done: worker.done,
        async stop({ graceMs = DEFAULT_GRACE_MS } = {}) {
          await scheduler?.stop();
          await worker.stop(graceMs);
        },
      };
    },

    async startScheduler(options = {}) {
      if (closing !== null) throw new ClosedError('client');
      return (await loadSchedules()).startScheduler(options);
    },

    async metrics() {
      if (metrics !== null) return metrics();
      throw new ConfigurationError('This client collects no metrics', {
        hint: 'Set observability.metrics to true, in pyworkflow.config.yaml or in createClient()',
      });
    },

    close() {
      closing ??= (async () => {
        await (await loadingSchedules)?.close();
        await runtime.close(DEFAULT_GRACE_MS);
        await store.close();
      })();
      return closing;
    },
  };
}

function checkConcurrency(concurrency: number | undefined): void {
  if (concurrency === undefined || (Number.isInteger(concurrency) && concurrency > 0)) return;
  const message = `must be a whole number of at least 1, not ${concurrency}`;
  throw new ValidationError('startWorker()', [{ path: 'concurrency', message }]);
}
