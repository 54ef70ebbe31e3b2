import { ClosedError } from '../../core/errors.ts';
import type { WriteResult } from '../commit.ts';
import type { Store } from '../store.ts';
import { keepAlive } from './keep-alive.ts';
import { openDatabase, type SqliteOptions } from './open-database.ts';
import { outwait } from './outwait.ts';
import { claimRuns, readArrivals } from './sqlite-claim.ts';
import { commitBatch } from './sqlite-commit.ts';
import { translateSqliteError } from './sqlite-errors.ts';
import { readGates } from './sqlite-gates.ts';
import type { SqliteLease } from './sqlite-lease.ts';
import { reserve } from './sqlite-rates.ts';
import * as reads from './sqlite-reads.ts';
import * as schedules from './sqlite-schedule-reads.ts';
import { heldRunsWithArrivals, nextTimer } from './sqlite-timers.ts';
import { listWorkers, registeredKey, registerWorker, removeWorker } from './sqlite-workers.ts';
import { statements } from './statements.ts';
import { watch } from './watch.ts';

/**
 * The store on one SQLite file, for any number of processes on one machine.
 * @throws see `openDatabase`
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const db = await openDatabase(options);
  const sql = statements(db);
  const workerKeys = new Map<string, number>();
  const ongoing = new Set<() => void>();
  let closed = false;

  /** Every access goes through here: translated errors, and a retry while another process writes. */
  async function access<T>(work: () => T): Promise<T> {
    try {
      return await outwait(() => {
        if (closed) throw new ClosedError('store');
        return work();
      }, options.patienceMs);
    } catch (error) {
      throw translateSqliteError(error, options.path);
    }
  }

  function workerKey(workerId: string): number {
    let key = workerKeys.get(workerId);
    if (key === undefined) {
      key = registeredKey(sql, workerId);
      workerKeys.set(workerId, key);
    }
    return key;
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
    description: `sqlite ${options.path}`,

    commit: (batch) => access((): readonly WriteResult[] => commitBatch(db, sql, workerKey, batch)),
    claim: (request) => access(() => claimRuns(db, sql, request)),
    readArrivals: (lease, after, now) =>
      access(() => readArrivals(sql, (lease as SqliteLease).key, after, now)),
    heldRunsWithArrivals: (workerId, now) =>
      access(() => heldRunsWithArrivals(sql, workerKey(workerId), now)),
    nextTimer: (request) => access(() => nextTimer(sql, workerKey(request.workerId), request)),
    watch: (onChange) => keepGoing(() => watch(db, options.path, onChange)),

    registerWorker: (worker) => access(() => registerWorker(db, sql, worker)),
    keepAlive: (workerId, leaseMs) => keepGoing(() => keepAlive(options, workerId, leaseMs)),
    removeWorker: (workerId) =>
      access(() => {
        removeWorker(db, sql, workerId);
        workerKeys.delete(workerId);
      }),
    listWorkers: () => access(() => listWorkers(sql)),

    getRun: (runId) => access(() => reads.getRun(sql, runId)),
    getRunByKey: (workflow, key) => access(() => reads.getRunByKey(sql, workflow, key)),
    findRunIds: (prefix, limit) => access(() => reads.findRunIds(sql, prefix, limit)),
    listRuns: (filter) => access(() => reads.listRuns(sql, filter)),
    readEvents: (runId, range = {}) => access(() => reads.readEvents(sql, runId, range)),
    getHook: (runId, hookId) => access(() => reads.getHook(sql, runId, hookId)),
    listHooks: (filter) => access(() => reads.listHooks(sql, filter)),
    readGates: (runId) => access(() => readGates(sql, runId)),

    getSchedule: (scheduleId) => access(() => schedules.getSchedule(sql, scheduleId)),
    listSchedules: (filter) => access(() => schedules.listSchedules(sql, filter)),
    dueSchedules: (now, limit) => access(() => schedules.dueSchedules(sql, now, limit)),
    nextScheduleAt: (after) => access(() => schedules.nextScheduleAt(sql, after)),
    readScheduleEvents: (scheduleId, range = {}) =>
      access(() => schedules.readScheduleEvents(sql, scheduleId, range)),

    reserve: (request) => access(() => reserve(db, sql, request)),

    ping: () => access(() => void sql('SELECT 1 FROM runs LIMIT 1').get()),
    async close() {
      if (closed) return;
      closed = true;
      for (const stop of ongoing) stop();
      db.close();
    },
  };
}
