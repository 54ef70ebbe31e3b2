import { ClosedError } from '../../core/errors.ts';
import { newWorkerId } from '../../core/id.ts';
import { isFinished } from '../../core/run.ts';
import { ActiveRun, type ActiveRunListener } from '../../executor/active-run.ts';
import type { Executor } from '../../executor/executor.ts';
import { openRun } from '../../executor/open-run.ts';
import {
  type NewRun,
  type PreparedRun,
  prepareDetachedRun,
  prepareRun,
} from '../../executor/start-run.ts';
import type { WriteResult } from '../../storage/commit.ts';
import type { Claim } from '../../storage/store.ts';
import { listWorkflows } from '../../workflow/registry.ts';
import type { Runtime, ServeOptions, StartedRun } from '../runtime.ts';
import { createAlarm } from './alarm.ts';
import { createEndings } from './endings.ts';
import { createMembership } from './membership.ts';
import { createSessionCache } from './session-cache.ts';

export interface LocalRuntimeOptions {
  readonly concurrency: number;
  readonly cacheSize: number;
  /** How long a silent worker keeps its runs, milliseconds. */
  readonly leaseMs: number;
}

/**
 * Executes runs in this process. It takes up what it started itself; after `serve`, everything the
 * store holds for the workflows registered here.
 */
export function createLocalRuntime(executor: Executor, options: LocalRuntimeOptions): Runtime {
  const { store, commits, clock, log } = executor;
  const workerId = newWorkerId();
  const active = new Map<string, ActiveRun>();
  const cache = createSessionCache(options.cacheSize);
  const endings = createEndings();
  const membership = createMembership(executor, workerId, options.leaseMs, () => {
    endings.foreignChange();
    pump();
  });
  const alarm = createAlarm(clock, () => pump());
  const adopted = new Set<string>();
  let { concurrency } = options;
  let serving: ServeOptions | null = null;
  let starting = 0;
  let onAllStarted = () => {};
  let backlog = false;
  let pumping: Promise<void> | null = null;
  let pumpAgain = false;
  let stopping = false;
  let failure: unknown = null;
  let succeed = () => {};
  let fail: (error: unknown) => void = () => {};
  const done = new Promise<void>((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  done.catch(() => {});

  const listener: ActiveRunListener = {
    onSuspended(run) {
      active.delete(run.runId);
      cache.put(run.runId, { session: run.session, sequence: run.sequence });
      freed();
    },
    onEnded(run, end) {
      active.delete(run.runId);
      adopted.delete(run.runId);
      freed();
      endings.end(end);
    },
    onLost(run, error) {
      active.delete(run.runId);
      if (typeof error === 'string') {
        log.warn('lost a run to another worker', { run_id: run.runId, error });
        // From now on its end is told by the store, which may hold it already.
        endings.foreignChange();
      } else failAll(error);
      freed();
    },
    onOutdated(run) {
      active.delete(run.runId);
      void reopen(run).catch(failAll);
    },
    onCommitted(_run, draft) {
      for (const timer of draft.timers) alarm.setFor(timer.dueAt);
      endings.change();
    },
    onViolation: (runId) => active.get(runId)?.violated(),
  };

  function freed(): void {
    if (backlog) pump();
  }

  /** The store has failed: whoever waits is told, nothing more is taken, and the runs are let go. */
  function failAll(error: unknown): void {
    if (failure !== null) return;
    failure = error;
    stopping = true;
    alarm.stop();
    for (const run of active.values()) run.abandon(error);
    active.clear();
    fail(error);
    endings.foreignChange();
    void allStarted().then(() => membership.leave());
  }

  /** Looks for work: one look at a time, and another one if something happened meanwhile. */
  function pump(): void {
    if (stopping || !membership.joined) return;
    if (pumping !== null) {
      pumpAgain = true;
      return;
    }
    pumping = look()
      .catch(failAll)
      .finally(() => {
        pumping = null;
        if (pumpAgain) {
          pumpAgain = false;
          pump();
        }
      });
  }

  async function look(): Promise<void> {
    const now = clock.now();
    const scope = serving === null ? 'own' : 'all';
    const workflows = serving?.workflows ?? listWorkflows().map((definition) => definition.name);
    const runIds = [...adopted];
    if (runIds.length > 0) membership.lookForDeadWorkers(needsOthers);
    if (active.size > 0) {
      for (const runId of await store.heldRunsWithArrivals(workerId, now))
        void active.get(runId)?.poll();
    }
    const limit = concurrency - active.size - starting;
    backlog = limit <= 0;
    if (limit > 0) {
      const deadWorkers = membership.deadWorkers();
      const claims = await store.claim({
        workerId,
        now,
        limit,
        workflows,
        scope,
        runIds,
        deadWorkers,
      });
      backlog = claims.length >= limit;
      starting += claims.length;
      await Promise.all(claims.map(open));
    }
    const next = await store.nextTimer({ workerId, workflows, scope, runIds, after: now });
    if (next !== null) alarm.setFor(next);
  }

  async function open(claim: Claim): Promise<void> {
    try {
      const { run, draft } = await openRun(executor, listener, claim, cache.take(claim.run.runId));
      // It is handed back with the rest of what this worker holds.
      if (stopping) return;
      active.set(run.runId, run);
      run.begin(draft, claim.arrivals);
    } finally {
      started();
    }
  }

  /** Begins anew with a run whose lease is still held. */
  async function reopen({ lease, runId, sequence }: ActiveRun): Promise<void> {
    starting++;
    const run = await store.getRun(runId).catch(failAll);
    const arrivals = await store.readArrivals(lease, 0, clock.now()).catch(failAll);
    if (!run || !arrivals) return started();
    await open({ lease, run, sequence, arrivals, lostBy: null });
  }

  /** True while another process may die with a run that is wanted here. */
  async function needsOthers(): Promise<boolean> {
    let running = false;
    for (const runId of adopted) {
      const run = await store.getRun(runId);
      if (run === null || isFinished(run.status)) adopted.delete(runId);
      else running ||= run.status === 'running';
    }
    return running || serving !== null;
  }

  function started(): void {
    starting--;
    if (starting > 0) return;
    onAllStarted();
    onAllStarted = () => {};
  }

  function allStarted(): Promise<void> {
    if (starting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const others = onAllStarted;
      onAllStarted = () => {
        others();
        resolve();
      };
    });
  }

  function assertWorking(): void {
    if (failure !== null) throw failure;
    if (stopping) throw new ClosedError('worker');
  }

  async function start(request: NewRun): Promise<StartedRun> {
    assertWorking();
    await membership.join();
    assertWorking();
    const full = active.size + starting >= concurrency;
    starting++;
    try {
      if (full) {
        backlog = true;
        const detached = { ...prepareDetachedRun(executor, request), session: null };
        return created(detached, await commits.submit({ ...detached.write, workerId }));
      }
      const prepared = await prepareRun(executor, request, workerId, listener.onViolation);
      return created(prepared, await commits.submit(prepared.write));
    } finally {
      started();
    }
  }

  function created({ write, draft, session }: PreparedRun, result: WriteResult): StartedRun {
    const { run } = write;
    if (result.outcome === 'exists') return { runId: result.runId, existed: true };
    if (result.outcome !== 'committed') throw new ClosedError('run');
    const sequence = draft.events.length;
    for (const timer of write.timers) alarm.setFor(timer.dueAt);
    if (session !== null && result.lease !== undefined) {
      const { lease } = result;
      const activeRun = new ActiveRun(executor, listener, {
        lease,
        summary: run,
        session,
        sequence,
      });
      if (!stopping) {
        active.set(run.runId, activeRun);
        activeRun.started(draft.startSteps);
      }
    } else if (session !== null && draft.release === undefined) {
      cache.put(run.runId, { session, sequence });
    } else if (draft.release !== undefined) {
      endings.end({ runId: run.runId, status: run.status, result: run.result, error: run.error });
    }
    endings.change();
    return { runId: run.runId, existed: false };
  }

  async function stop(graceMs: number): Promise<void> {
    stopping = true;
    alarm.stop();
    await allStarted();
    const drained = Promise.all([...active.values()].map((run) => run.drain()));
    let callOff = () => {};
    const grace = new Promise<void>((resolve) => {
      callOff = clock.after(graceMs, resolve);
    });
    await Promise.race([drained, grace]);
    callOff();
    await pumping;
    for (const run of active.values()) run.abandon(new ClosedError('worker'));
    active.clear();
    cache.clear();
    await membership.leave();
    succeed();
    endings.foreignChange();
  }

  return {
    name: 'local',
    get failure() {
      return failure;
    },
    start,
    async startDetached(request) {
      const prepared = prepareDetachedRun(executor, request);
      const run = created(prepared, await commits.submit(prepared.write));
      pump();
      return run;
    },
    async adopt(runId) {
      if (stopping) return;
      adopted.add(runId);
      await membership.join();
      pump();
      // A look that had begun already did not know of it; the one after it does.
      await pumping;
      await pumping;
    },
    notify: pump,
    onEnd: endings.onEnd,
    holds: (runId) => active.has(runId),
    onChange(onChange) {
      membership.watch();
      return endings.onChange(onChange);
    },
    onForeignChange(onChange) {
      membership.watch();
      return endings.onForeignChange(onChange);
    },
    async serve(request) {
      assertWorking();
      serving = request;
      concurrency = request.concurrency ?? concurrency;
      await membership.join(request.name);
      membership.lookForDeadWorkers(needsOthers);
      pump();
      return {
        workerId,
        name: membership.name,
        activeRuns: () => active.size,
        done,
        stop,
      };
    },
    async close(graceMs) {
      await stop(graceMs);
      failure ??= new ClosedError('client');
      membership.unwatch();
      endings.foreignChange();
    },
  };
}
