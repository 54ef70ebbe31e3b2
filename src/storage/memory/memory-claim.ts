import type { Arrivals, Claim, ClaimRequest, Lease, NextTimerRequest } from '../store.ts';
import { depart } from './memory-gates.ts';
import { copyOf, type MemoryRun, type MemoryState, type MemoryWorker } from './memory-state.ts';
import { expiryOf, registeredWorker } from './memory-workers.ts';

/** Takes leases on runs that need attention. */
export function claimRuns(state: MemoryState, request: ClaimRequest): Claim[] {
  const worker = registeredWorker(state, request.workerId);
  const found = new Set<MemoryRun>();
  for (const run of candidates(state, worker, request)) {
    if (found.size >= request.limit) break;
    if (concerns(request, run)) found.add(run);
  }
  return [...found].map((run) => claimOne(state, worker, run, request.now));
}

/** Whether `claimRuns` would find any. */
export function isAnyClaimable(state: MemoryState, request: ClaimRequest): boolean {
  const worker = registeredWorker(state, request.workerId);
  if (request.limit <= 0) return false;
  for (const run of candidates(state, worker, request)) if (concerns(request, run)) return true;
  return false;
}

/** What wants attention, whoever's business it is; a run may come up twice. */
function* candidates(
  state: MemoryState,
  worker: MemoryWorker,
  request: ClaimRequest,
): Generator<MemoryRun> {
  for (const other of state.workers.values()) {
    if (other !== worker && isDead(other, request)) yield* other.holds;
  }
  yield* state.ready;
  for (const { run } of state.timers.between(Number.NEGATIVE_INFINITY, request.now)) {
    if (run.owner === null && heedsTimers(run)) yield run;
  }
}

function isDead(worker: MemoryWorker, { now, deadWorkers }: ClaimRequest): boolean {
  return expiryOf(worker) <= now || deadWorkers.includes(worker.record.workerId);
}

/** A parked run sleeps through its timers, and so does one that waits at a gate. */
function heedsTimers(run: MemoryRun): boolean {
  return run.summary.status !== 'interrupted' && !run.waits;
}

function concerns(
  { workflows, scope, workerId, runIds }: Omit<NextTimerRequest, 'after'>,
  { summary, home }: MemoryRun,
): boolean {
  if (workflows !== null && !workflows.includes(summary.workflowName)) return false;
  return scope === 'all' || home === workerId || runIds.includes(summary.runId);
}

function claimOne(state: MemoryState, worker: MemoryWorker, run: MemoryRun, now: number): Claim {
  const lostBy = run.owner?.record.workerId ?? null;
  run.owner?.holds.delete(run);
  state.ready.delete(run);
  // It is claimed to be cancelled: it waits no more.
  if (run.waits) depart(state, run);
  return {
    lease: hold(state, worker, run),
    run: copyOf(run.summary),
    sequence: run.sequence,
    arrivals: arrivalsOf(run, 0, now),
    lostBy,
  };
}

export function hold(state: MemoryState, worker: MemoryWorker, run: MemoryRun): Lease {
  const { workerId } = worker.record;
  run.owner = worker;
  run.home = workerId;
  run.epoch += 1;
  worker.holds.add(run);
  state.changes.run(run);
  return { runId: run.summary.runId, workerId, epoch: run.epoch };
}

export function readArrivals(
  state: MemoryState,
  lease: Lease,
  after: number,
  now: number,
): Arrivals {
  const run = state.runs.get(lease.runId);
  return run === undefined ? { inbox: [], dueTimers: [] } : arrivalsOf(run, after, now);
}

function arrivalsOf(run: MemoryRun, after: number, now: number): Arrivals {
  const dueTimers = [...run.timers.values()].filter((timer) => timer.dueAt <= now);
  dueTimers.sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
  return {
    inbox: run.inbox.filter((entry) => entry.id > after).map(copyOf),
    dueTimers: dueTimers.map(copyOf),
  };
}

export function heldRunsWithArrivals(state: MemoryState, workerId: string, now: number): string[] {
  return [...registeredWorker(state, workerId).holds]
    .filter((run) => run.inbox.length > 0 || hasDueTimer(run, now))
    .map((run) => run.summary.runId);
}

function hasDueTimer(run: MemoryRun, now: number): boolean {
  for (const timer of run.timers.values()) if (timer.dueAt <= now) return true;
  return false;
}

/** Of runs without an owner or with this one; the timers of other live workers are their business. */
export function nextTimer(state: MemoryState, request: NextTimerRequest): number | null {
  const worker = registeredWorker(state, request.workerId);
  for (const { dueAt, run } of state.timers.between(request.after, Number.POSITIVE_INFINITY)) {
    const isMine = run.owner === worker || (run.owner === null && concerns(request, run));
    if (isMine && heedsTimers(run)) return dueAt;
  }
  return null;
}
