import type { CheckedRun, Client, RunHandle } from '../../src/client/client.ts';
import {
  AmbiguousIdError,
  HookAlreadyReceivedError,
  HookNotFoundError,
  PyWorkflowError,
  ValidationError,
  WaitTimeoutError,
  WorkflowNotFoundError,
} from '../../src/core/errors.ts';
import type { WorkflowEvent } from '../../src/core/event.ts';
import type { HookRecord } from '../../src/core/hook.ts';
import { isFinished, type RunRecord } from '../../src/core/run.ts';

export interface FakeState {
  readonly runs: RunRecord[];
  readonly events: Record<string, readonly WorkflowEvent[]>;
  readonly hooks: HookRecord[];
  /** What was asked of it, in order. */
  readonly calls: unknown[];
  /** A started run becomes this one. */
  started?: RunRecord;
  /** What a check finds. */
  checked?: readonly CheckedRun[];
  /** The worker gives up with this. */
  workerFails?: Error;
  /** Waiting and following never end by themselves. */
  endless?: boolean;
}

export function fakeState(state: Partial<FakeState> = {}): FakeState {
  return { runs: [], events: {}, hooks: [], calls: [], ...state };
}

/** A Client on arrays: enough to see what the command line asks for and prints. */
export function fakeClient(state: FakeState = fakeState()): Client {
  const find = (id: string): RunRecord => {
    const found = state.runs.filter((run) => run.runId.startsWith(id));
    const newest = state.runs[0];
    if (id === 'latest' && newest) return newest;
    if (found.length > 1)
      throw new AmbiguousIdError(
        id,
        found.map((run) => run.runId),
      );
    if (!found[0]) throw new WorkflowNotFoundError(id);
    return found[0];
  };
  const hookOf = (token: string): HookRecord => {
    const hook = state.hooks.find((h) => h.token === token || `${h.runId}:${h.hookId}` === token);
    if (!hook) throw new HookNotFoundError(token);
    return hook;
  };
  const handleOf = (run: RunRecord): RunHandle<never> => ({
    runId: run.runId,
    alreadyStarted: false,
    result: async () => run.result as never,
    status: async () => run.status,
    cancel: async () => ({ runId: run.runId, cancelled: true, status: run.status }),
  });
  const start = async (workflow: unknown, input?: unknown, options?: unknown) => {
    state.calls.push(['start', workflow, input, options]);
    if (!state.started) throw new Error('the fake has nothing to start');
    state.runs.unshift(state.started);
    return handleOf(state.started);
  };
  return {
    store: 'memory',
    start: start as Client['start'],
    runs: {
      get: async (id) => find(id),
      resolveId: async (id) => find(id).runId,
      async list(filter = {}) {
        state.calls.push(['list', filter]);
        const limit = filter.limit ?? 100;
        const { parentRunId } = filter;
        const fitting = state.runs.filter(
          (run) => parentRunId === undefined || run.parentRunId === parentRunId,
        );
        const items = fitting.slice(0, limit);
        return { items, nextCursor: fitting.length > limit ? 'next-page' : null };
      },
      events: async (id) => state.events[find(id).runId] ?? [],
      async *follow(id, options = {}) {
        yield* state.events[find(id).runId] ?? [];
        if (state.endless) await aborted(options.signal);
      },
      async wait(id, options = {}) {
        const run = find(id);
        if (options.timeoutMs !== undefined && !isFinished(run.status)) {
          throw new WaitTimeoutError(run.runId, options.timeoutMs);
        }
        return run;
      },
      async cancel(id, options) {
        const run = find(id);
        state.calls.push(['cancel', run.runId, options]);
        if (isFinished(run.status))
          return { runId: run.runId, cancelled: false, status: run.status };
        return { runId: run.runId, cancelled: true, status: 'cancelled' };
      },
      async resume(id) {
        const run = find(id);
        if (run.status === 'interrupted') return { ...run, status: 'pending' };
        throw new PyWorkflowError('RUN_FINISHED', `Run ${run.runId} is ${run.status}`);
      },
      gates: async () => [],
      chain: async (id) => [find(id)],
      async fork(id, options) {
        state.calls.push(['fork', find(id).runId, options]);
        if (!state.started) throw new Error('the fake has nothing to start');
        return handleOf(state.started);
      },
      async *check(runs = {}) {
        state.calls.push(['check', runs]);
        yield* state.checked ?? [];
      },
    },
    hooks: {
      async list({ runId, status } = {}) {
        const items = state.hooks.filter(
          (hook) => (!runId || hook.runId === runId) && (!status || hook.status === status),
        );
        return { items, nextCursor: null };
      },
      get: async (token) => hookOf(token),
      async resume(token, payload) {
        const hook = hookOf(token);
        if (hook.status !== 'pending') throw new HookAlreadyReceivedError(hook.hookId, hook.status);
        if (payload === 'wrong')
          throw new ValidationError('The payload', [{ path: '', message: 'no' }]);
        state.calls.push(['resume', token, payload]);
        return { runId: hook.runId, hookId: hook.hookId, status: 'resumed' };
      },
    },
    schedules: {} as Client['schedules'],
    workers: { list: async () => [] },
    startScheduler: async () => ({ done: new Promise(() => {}), stop: async () => {} }),
    async startWorker(options) {
      state.calls.push(['startWorker', options]);
      return {
        workerId: 'worker_1',
        name: options?.name ?? 'host:1',
        activeRuns: 0,
        done: state.workerFails ? Promise.reject(state.workerFails) : new Promise(() => {}),
        stop: async () => void state.calls.push(['stop']),
      };
    },
    metrics: async () => '',
    close: async () => void state.calls.push(['close']),
  };
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve());
  });
}
