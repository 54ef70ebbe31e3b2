import { AmbiguousIdError, WaitTimeoutError, WorkflowNotFoundError } from '../core/errors.ts';
import type { WorkflowEvent } from '../core/event.ts';
import { isFinished, type RunRecord, type RunStatus } from '../core/run.ts';
import type { Executor, RunEnd } from '../executor/executor.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { RunsClient, WaitOptions } from './client.ts';
import { waitUntil, watchChanges } from './wait-until.ts';

/** What handles need beyond the public face: the end of a run without a read of the store. */
export interface WatchingRunsClient extends RunsClient {
  watchEnd(runId: string): EndWatch;
}

/** Listens for a run's end from its creation on, so that an end before `wait` is not missed. */
export interface EndWatch {
  wait(options?: WaitOptions): Promise<RunEnd>;
  stop(): void;
}

/** Events read at a time while following. */
const FOLLOW_PAGE = 500;

export function createRunsClient(executor: Executor, runtime: Runtime): WatchingRunsClient {
  const { store, commits, clock } = executor;

  async function resolveId(id: string): Promise<string> {
    const [first, ...others] = await store.findRunIds(id, 6);
    if (first === undefined) throw new WorkflowNotFoundError(id);
    if (first !== id && others.length > 0) throw new AmbiguousIdError(id, [first, ...others]);
    return first;
  }

  async function get(id: string): Promise<RunRecord> {
    const run = await store.getRun(await resolveId(id));
    if (run === null) throw new WorkflowNotFoundError(id);
    return run;
  }

  function watchEnd(runId: string): EndWatch {
    let ended: RunEnd | undefined;
    const waiting = new Set<() => void>();
    const stop = runtime.onEnd(runId, (end) => {
      ended = end;
      for (const changed of [...waiting]) changed();
    });
    const check = async () => {
      if (ended !== undefined) return ended;
      // Its end will be told; no need to ask the store meanwhile.
      if (runtime.holds(runId)) return undefined;
      const run = await store.getRun(runId);
      if (run === null) throw new WorkflowNotFoundError(runId);
      if (ended !== undefined || hasEnded(run.status)) return ended ?? run;
      if (runtime.failure !== null) throw runtime.failure;
      return undefined;
    };
    return {
      stop,
      wait(options = {}) {
        // A parked run may have been resumed since.
        if (ended !== undefined && !isFinished(ended.status)) ended = undefined;
        return waitUntil(
          (onChange) => {
            waiting.add(onChange);
            const stopListening = runtime.onForeignChange(onChange);
            return () => {
              waiting.delete(onChange);
              stopListening();
            };
          },
          clock,
          check,
          () => new WaitTimeoutError(runId, options.timeoutMs ?? 0),
          options,
        );
      },
    };
  }

  async function* follow(
    id: string,
    options: { after?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<WorkflowEvent> {
    const runId = await resolveId(id);
    const changes = watchChanges(runtime, options.signal);
    let after = options.after ?? 0;
    try {
      while (!options.signal?.aborted) {
        // The status before the events: what is finished now has all its events already.
        const { status } = await get(runId);
        const events = await store.readEvents(runId, { after, limit: FOLLOW_PAGE });
        yield* events;
        after = events.at(-1)?.sequence ?? after;
        if (events.length > 0) continue;
        if (hasEnded(status)) return;
        if (runtime.failure !== null) throw runtime.failure;
        await changes.next();
      }
    } finally {
      changes.stop();
    }
  }

  const client: WatchingRunsClient = {
    get,
    resolveId,
    list: (filter = {}) => store.listRuns({ limit: 100, ...filter }),
    async events(id, options = {}) {
      return store.readEvents(await resolveId(id), options);
    },
    gates: async (id) => store.readGates(await resolveId(id)),
    follow,
    watchEnd,
    async wait(id, options) {
      let runId = await resolveId(id);
      for (;;) {
        const watch = watchEnd(runId);
        const end = await watch.wait(options).finally(watch.stop);
        if (end.continuedToRunId === null) return get(runId);
        runId = end.continuedToRunId;
      }
    },
    async chain(id) {
      let first = await get(id);
      while (first.continuedFromRunId !== null) first = await get(first.continuedFromRunId);
      const chain = [first];
      for (let last = first; last.continuedToRunId !== null; chain.push(last)) {
        last = await get(last.continuedToRunId);
      }
      return chain;
    },
    async cancel(id, { reason, requestedBy = 'cancel_workflow' } = {}) {
      const runId = await resolveId(id);
      const message = { type: 'cancel', reason: reason ?? null, requestedBy } as const;
      const result = await commits.submit({ op: 'deliver', runId, message, now: clock.now() });
      runtime.notify();
      const { status } = await get(runId);
      return { runId, cancelled: result.outcome === 'committed', status };
    },
    async resume(id, { requestedBy = 'resume' } = {}) {
      const runId = await resolveId(id);
      const run = await get(runId);
      if (run.status !== 'interrupted') return run;
      const message = { type: 'resume', requestedBy } as const;
      await commits.submit({ op: 'deliver', runId, message, now: clock.now() });
      await runtime.adopt(runId);
      return get(runId);
    },
    // Both need the engine, which whoever only reads does not.
    async fork(id, options = {}) {
      const { forkRun } = await import('./fork.ts');
      return forkRun(executor, runtime, client, id, options);
    },
    async *check(runs = {}) {
      const { checkRuns } = await import('./check.ts');
      yield* checkRuns(executor, client, runs);
    },
  };
  return client;
}

/** Ended, or parked until somebody acts. */
function hasEnded(status: RunStatus): boolean {
  return isFinished(status) || status === 'interrupted';
}
