import { ClosedError } from '../../core/errors.ts';
import type { Store } from '../store.ts';
import { PATIENCE_MS } from './backoff.ts';
import { arrivalsOf, claimRuns, toArrivals } from './claim.ts';
import { commitBatch, type Memory } from './commit-batch.ts';
import { listRuns } from './list-runs.ts';
import { reserve } from './rates.ts';
import { readGates } from './read-gates.ts';
import * as reads from './reads.ts';
import * as schedules from './schedule-reads.ts';
import { type Send, type Server, statement } from './server.ts';
import type { SqlLease } from './sql-lease.ts';
import { heldRunsWithArrivals, nextTimer } from './timers.ts';
import { createTransactor, retrying } from './transactor.ts';
import { watch } from './watch.ts';
import { listWorkers, registerWorker, removeWorker } from './workers.ts';

/** A store on a database server whose schema is up to date. */
export function createSqlStore(server: Server, patienceMs: number = PATIENCE_MS): Store {
  const { dialect } = server;
  const transactor = createTransactor(server, patienceMs);
  const memory: Memory = { fence: null, workers: new Map() };
  const ongoing = new Set<() => void>();
  let last: Promise<void> = Promise.resolve();
  let closed = false;

  /** Every access goes through here. */
  async function access<T>(work: () => Promise<T>): Promise<T> {
    if (closed) throw new ClosedError('store');
    try {
      return await work();
    } catch (error) {
      throw server.translate(error);
    }
  }

  const read = <T>(work: (send: Send) => Promise<T>) =>
    access(() => retrying(server, patienceMs, work));

  /** Others are told when it is done. */
  async function write<T>(work: () => Promise<T>): Promise<T> {
    const done = await access(work);
    server.ring();
    return done;
  }

  /** Commits take place in the order in which they were asked for: later ones may rely on earlier. */
  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work);
    last = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** What goes on until it is stopped or the store is closed. */
  function keepGoing(begin: () => () => void): () => void {
    if (closed) throw new ClosedError('store');
    const end = begin();
    const stop = () => {
      if (ongoing.delete(stop)) end();
    };
    ongoing.add(stop);
    return stop;
  }

  return {
    description: server.address,

    commit: (batch) => write(() => inOrder(() => commitBatch(transactor, dialect, memory, batch))),
    claim: (request) => access(() => claimRuns(server, transactor, patienceMs, request)),
    readArrivals: (lease, after, now) =>
      read(async (send) => {
        const asked = arrivalsOf('run = ?', (lease as SqlLease).id, after, now);
        const [inbox = [], timers = []] = await send(asked);
        return toArrivals(inbox, timers);
      }),
    heldRunsWithArrivals: (workerId, now) =>
      read((send) => heldRunsWithArrivals(send, workerId, now)),
    nextTimer: (request) => read((send) => nextTimer(send, dialect, request)),
    watch: (onChange) => keepGoing(() => watch(server, transactor.writer, onChange)),

    registerWorker: (worker) => access(() => registerWorker(transactor, worker)),
    keepAlive: (workerId, leaseMs) => keepGoing(() => server.keepAlive(workerId, leaseMs)),
    async removeWorker(workerId) {
      await write(() => removeWorker(transactor, dialect, workerId));
      memory.workers.delete(workerId);
    },
    listWorkers: () => read(listWorkers),

    getRun: (runId) => read((send) => reads.getRun(send, runId)),
    getRunByKey: (workflow, key) => read((send) => reads.getRunByKey(send, workflow, key)),
    findRunIds: (prefix, limit) => read((send) => reads.findRunIds(send, prefix, limit)),
    listRuns: (filter) => read((send) => listRuns(send, dialect, filter)),
    readEvents: (runId, range = {}) => read((send) => reads.readEvents(send, runId, range)),
    getHook: (runId, hookId) => read((send) => reads.getHook(send, runId, hookId)),
    listHooks: (filter) => read((send) => reads.listHooks(send, filter)),
    readGates: (runId) => read((send) => readGates(send, runId)),

    getSchedule: (scheduleId) => read((send) => schedules.getSchedule(send, scheduleId)),
    listSchedules: (filter) => read((send) => schedules.listSchedules(send, filter)),
    dueSchedules: (now, limit) => read((send) => schedules.dueSchedules(send, now, limit)),
    nextScheduleAt: (after) => read((send) => schedules.nextScheduleAt(send, after)),
    readScheduleEvents: (scheduleId, range = {}) =>
      read((send) => schedules.readScheduleEvents(send, scheduleId, range)),

    reserve: (request) => access(() => reserve(transactor, dialect, request)),

    ping: () => read(async (send) => void (await send([statement('SELECT 1 FROM @meta')]))),
    async close() {
      if (closed) return;
      closed = true;
      for (const stop of ongoing) stop();
      await transactor.close();
      await server.close();
    },
  };
}
