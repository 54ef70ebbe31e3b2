import { ClosedError, StoreUnavailableError } from '../../core/errors.ts';
import { newWorkerId } from '../../core/id.ts';
import { ActiveRun } from '../../executor/active-run.ts';
import type { ActiveRunListener } from '../../executor/active-run-listener.ts';
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
import { createAdoption } from './adoption.ts';
import { createAlarm } from './alarm.ts';
import { createEndings } from './endings.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { createMembership } from './membership.ts';
import { createSessionCache } from './session-cache.ts';

export interface LocalRuntimeOptions {
  readonly concurrency: number;
  readonly cacheSize: number;
  /** How long a silent worker keeps its runs, milliseconds. */
  readonly leaseMs: number;
  /** No other process uses the store: nobody has to be watched for signs of life. */
  readonly alone?: boolean | undefined;
}

/**
 * Executes runs in this process. It takes up what it started itself; after `serve`, everything the
 * store holds for the workflows registered here.
 */
export function createLocalRuntime(executor: Executor, options: LocalRuntimeOptions): Runtime {
  const { store, commits, clock, log, observer } = executor;
  const workerId = newWorkerId();
  const active = new Map<string, ActiveRun>();
  const cache = createSessionCache(options.cacheSize);
  const endings = createEndings();
  const membership = createMembership(executor, workerId, options.leaseMs, () => {
    endings.foreignChange();
    pump();
  });
  const alarm = createAlarm(clock, () => pump());
  const adoption = createAdoption(store);
  const leaseWatch = createLeaseWatch(clock, active);
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
      observer?.runSuspended(run.summary);
      cache.put(run.runId, { session: run.session, sequence: run.sequence });
      freed();
    },
    onMissed: () => pump(),
    onEnded(run, end) {
      active.delete(run.runId);
      observer?.runEnded(run.summary, end.status, end.error);
      adoption.end(end);
      freed();
      endings.end(end);
    },
    onLost(run, error) {
      active.delete(run.runId);
      if (typeof error === 'string') {
        log.warn('lost a run to another worker', { run_id: run.runId, error });
        observer?.runLost(run.summary);
        // From now on its end is told by the store, which may hold it already.
        endings.foreignChange();
      } else {
        observer?.runAbandoned(run.summary);
        failAll(error);
      }
      freed();
    },
    onOutdated(run) {
      active.delete(run.runId);
      void reopen(run).catch(failAll);
    },
    onCommitted(_run, draft, wakes) {
      for (const timer of draft.timers) alarm.setFor(timer.dueAt);
      if (wakes) pump();
      endings.change();
    },
    onViolation: (runId) => active.get(runId)?.violated(),
  };

  function hold(run: ActiveRun): void {
    active.set(run.runId, run);
    leaseWatch.begin();
  }

  function freed(): void {
    if (backlog) pump();
  }

  /** The store has failed: whoever waits is told, nothing more is taken, and the runs are let go. */
  function failAll(error: unknown): void {
    if (failure !== null) return;
    failure = error;
    stopping = true;
    alarm.stop();
    leaseWatch.stop();
    for (const run of active.values()) letGo(run, error);
    active.clear();
    fail(error);
    endings.foreignChange();
    void allStarted().then(() => membership.leave());
  }

  function letGo(run: ActiveRun, reason: unknown): void {
    run.abandon(reason);
    observer?.runAbandoned(run.summary);
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
    const runIds = [...adoption.runIds];
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
    if (claim.run.startedAt === null) observer?.runStarted(claim.run);
    observer?.runOpened(claim.run);
    try {
      const { run, draft } = await openRun(executor, listener, claim, cache.take(claim.run.runId));
      // It is handed back with the rest of what this worker holds.
      if (stopping) return observer?.runAbandoned(claim.run);
      hold(run);
      adoption.addChildren(run.runId, run.session.children.values());
      run.begin(draft, claim.arrivals);
    } catch (error) {
      observer?.runAbandoned(claim.run);
      throw error;
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
    if (options.alone === true) return false;
    return (await adoption.someRun()) || serving !== null;
  }

  function started(): void {
    starting--;
    // What was about to start held a slot, which it has not come to use.
    if (active.size + starting < concurrency) freed();
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
    const gated = (request.gates?.length ?? 0) > 0;
    starting++;
    try {
      if (full || gated) {
        backlog = true;
        const detached = { ...prepareDetachedRun(executor, request), session: null };
        return created(detached, await commits.submit({ ...detached.write, workerId }));
      }
      const prepared = await prepareRun(executor, request, workerId, listener.onViolation);
      return created(prepared, await commits.submit(prepared.write).catch(outcomeUnknown));
    } finally {
      started();
    }
  }

  /** Unless nothing was written, this worker may hold a run that it does not know of. */
  function outcomeUnknown(error: unknown): never {
    if (!StoreUnavailableError.is(error, 'STORE_UNAVAILABLE')) failAll(error);
    throw error;
  }

  function created({ write, draft, session }: PreparedRun, result: WriteResult): StartedRun {
    const { run } = write;
    if (result.outcome === 'exists') return { runId: result.runId, existed: true };
    if (result.outcome === 'gate_full') {
      return { runId: result.runId, existed: true, refusedBy: result.gate };
    }
    if (result.outcome !== 'committed') throw new ClosedError('run');
    const sequence = draft.events.length;
    for (const timer of write.timers) alarm.setFor(timer.dueAt);
    if (session !== null) {
      observer?.runStarted(run);
      observer?.runOpened(run);
    }
    if (session !== null && result.lease !== undefined) {
      const { lease } = result;
      const held = { lease, summary: run, session, sequence, open: null };
      const activeRun = new ActiveRun(executor, listener, held);
      if (!stopping) {
        hold(activeRun);
        activeRun.started(draft.startSteps);
      } else observer?.runAbandoned(run);
    } else if (session !== null && draft.release === undefined) {
      observer?.runSuspended(run);
      cache.put(run.runId, { session, sequence });
    } else if (draft.release !== undefined) {
      observer?.runEnded(run, run.status, run.error);
      endings.end(run);
    }
    if (result.wakes === true || write.gates !== undefined) pump();
    endings.change();
    return { runId: run.runId, existed: false };
  }

  async function stop(graceMs: number): Promise<void> {
    stopping = true;
    alarm.stop();
    leaseWatch.stop();
    await allStarted();
    const drained = Promise.all([...active.values()].map((run) => run.drain()));
    let callOff = () => {};
    const grace = new Promise<void>((resolve) => {
      callOff = clock.after(graceMs, resolve);
    });
    await Promise.race([drained, grace]);
    callOff();
    await pumping;
    for (const run of active.values()) letGo(run, new ClosedError('worker'));
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
      await adoption.add(runId);
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
