import { ClosedError } from '../../core/errors.ts';
import type { WriteResult } from '../commit.ts';
import type { Store } from '../store.ts';
import { claimRuns, heldRunsWithArrivals, nextTimer, readArrivals } from './memory-claim.ts';
import { commitBatch } from './memory-commit.ts';
import { readGates } from './memory-gate-queue.ts';
import { reserve } from './memory-rates.ts';
import * as reads from './memory-reads.ts';
import * as schedules from './memory-schedule-reads.ts';
import { createWholeMemoryState } from './memory-state.ts';
import { keepAlive, listWorkers, registerWorker, removeWorker } from './memory-workers.ts';

/** A store that lives as long as this process: for tests, and for work not worth a file. */
export function openMemoryStore(): Store {
  const state = createWholeMemoryState();
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new ClosedError('store');
  }

  async function access<T>(work: () => T): Promise<T> {
    assertOpen();
    return work();
  }

  return {
    description: 'memory',

    commit: (batch) => access((): readonly WriteResult[] => commitBatch(state, batch)),
    claim: (request) => access(() => claimRuns(state, request)),
    readArrivals: (lease, after, now) => access(() => readArrivals(state, lease, after, now)),
    heldRunsWithArrivals: (workerId, now) =>
      access(() => heldRunsWithArrivals(state, workerId, now)),
    nextTimer: (request) => access(() => nextTimer(state, request)),
    // No other process can reach it.
    watch() {
      assertOpen();
      return () => {};
    },

    registerWorker: (worker) => access(() => registerWorker(state, worker)),
    keepAlive(workerId) {
      assertOpen();
      return keepAlive(state, workerId);
    },
    removeWorker: (workerId) => access(() => removeWorker(state, workerId)),
    listWorkers: () => access(() => listWorkers(state)),

    getRun: (runId) => access(() => reads.getRun(state, runId)),
    getRunByKey: (workflow, key) => access(() => reads.getRunByKey(state, workflow, key)),
    findRunIds: (prefix, limit) => access(() => reads.findRunIds(state, prefix, limit)),
    listRuns: (filter) => access(() => reads.listRuns(state, filter)),
    readEvents: (runId, range = {}) => access(() => reads.readEvents(state, runId, range)),
    getHook: (runId, hookId) => access(() => reads.getHook(state, runId, hookId)),
    listHooks: (filter) => access(() => reads.listHooks(state, filter)),
    readGates: (runId) => access(() => readGates(state, runId)),

    getSchedule: (scheduleId) => access(() => schedules.getSchedule(state, scheduleId)),
    listSchedules: (filter) => access(() => schedules.listSchedules(state, filter)),
    dueSchedules: (now, limit) => access(() => schedules.dueSchedules(state, now, limit)),
    nextScheduleAt: (after) => access(() => schedules.nextScheduleAt(state, after)),
    readScheduleEvents: (scheduleId, range = {}) =>
      access(() => schedules.readScheduleEvents(state, scheduleId, range)),

    reserve: (request) => access(() => reserve(state, request)),

    ping: () => access(() => {}),
    async close() {
      closed = true;
    },
  };
}
