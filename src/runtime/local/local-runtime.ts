import { ClosedError } from '../../core/errors.ts';
import { newWorkerId } from '../../core/id.ts';
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
  let backlog = false;
  let pumping: Promise<void> | null = null;
  let pumpAgain = false;
  let stopping = false;
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
      if (typeof error === 'string')
        log.warn('lost a run to another worker', { run_id: run.runId, error });
      else failAll(error);
      freed();
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

  /** The store has failed: whoever waits is told, and nothing more is taken. */
  function failAll(error: unknown): void {
    stopping = true;
    for (const run of active.values()) run.abandon(error);
    active.clear();
    fail(error);
    endings.foreignChange();
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
    if (active.size > 0) {
      for (const runId of await store.heldRunsWithArrivals(workerId, now))
        void active.get(runId)?.poll();
    }
    const limit = concurrency - active.size - starting;
    backlog = limit <= 0;
    if (limit > 0) {
      const claims = await store.claim({
        workerId,
        now,
        limit,
        workflows,
        scope,
        runIds: [...adopted],
        deadWorkers: membership.deadWorkers(),
      });
      backlog = claims.length >= limit;
      starting += claims.length;
      await Promise.all(claims.map(open));
    }
    const next = await store.nextTimer({ workerId, workflows, scope, after: now });
    if (next !== null) alarm.setFor(next);
  }

  async function open(claim: Claim): Promise<void> {
    try {
      const run = await openRun(executor, listener, claim, cache.take(claim.run.runId));
      active.set(run.runId, run);
    } finally {
      starting--;
    }
  }

  async function start(request: NewRun): Promise<StartedRun> {
    await membership.join();
    if (active.size + starting >= concurrency) {
      backlog = true;
      const detached = { ...prepareDetachedRun(executor, request), session: null };
      return created(detached, await commits.submit({ ...detached.write, workerId }));
    }
    starting++;
    try {
      const prepared = await prepareRun(executor, request, workerId, listener.onViolation);
      return created(prepared, await commits.submit(prepared.write));
    } finally {
      starting--;
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
      active.set(run.runId, activeRun);
      activeRun.started(draft.startSteps);
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
    start,
    async startDetached(request) {
      const prepared = prepareDetachedRun(executor, request);
      const started = created(prepared, await commits.submit(prepared.write));
      pump();
      return started;
    },
    adopt(runId) {
      adopted.add(runId);
      void membership.join().then(pump, failAll);
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
      serving = request;
      concurrency = request.concurrency ?? concurrency;
      await membership.join(request.name);
      membership.lookForDeadWorkers();
      pump();
      return {
        workerId,
        name: membership.name,
        activeRuns: () => active.size,
        done,
        stop,
      };
    },
    close: stop,
  };
}
