import { ClosedError } from '../../core/errors.ts';
import type { Store } from '../store.ts';
import { createChanges } from './changes.ts';
import { claimRuns, readArrivals } from './claim.ts';
import { createCommitter } from './commit-batch.ts';
import { createConnection } from './connection.ts';
import { createDriverClient, type DynamoOptions, describeTable, loadDriver } from './driver.ts';
import { translateError } from './dynamodb-errors.ts';
import { keepAlive } from './keep-alive.ts';
import { createLanes } from './lanes.ts';
import { findRunIds, listRuns } from './listing.ts';
import { checkLayout, openTable } from './open-table.ts';
import { reserve } from './rates.ts';
import { readGates } from './read-gates.ts';
import { getHook, listHooks } from './read-hooks.ts';
import { getRun, getRunByKey, readEvents } from './read-run.ts';
import * as schedules from './read-schedules.ts';
import { heldRunsWithArrivals, nextTimer } from './timers.ts';
import { createWire } from './wire.ts';
import * as workers from './workers.ts';

/** Changes that one connection makes at a time. */
const AT_ONCE = 48;

/**
 * The store in one DynamoDB table, for any number of processes anywhere (ADR 0014). The table is made
 * if it is not there.
 * @throws MissingDependencyError, StoreUnavailableError (no access, no such right, out of reach),
 *   StoreTooNewError, StoreError
 */
export async function openDynamoStore(options: DynamoOptions): Promise<Store> {
  const driver = await loadDriver();
  const client = createDriverClient(driver, options);
  const { tableName } = options;
  const description = describeTable(options);
  const wire = createWire(driver, client, tableName);
  const changes = await openTable(driver, client, tableName)
    .then(() => checkLayout(wire, tableName))
    .then(() => createChanges(wire))
    .catch((error: unknown) => {
      client.destroy();
      throw translateError(error, description);
    });
  const shared = { wire, applied: new Set<string>(), undecided: new Map<string, number>() };
  const connection = createConnection(shared, changes.ring);
  const lanes = createLanes(AT_ONCE);
  const registered = new Set<string>();
  const commit = createCommitter(connection, lanes, assertWorkers);
  const ongoing = new Set<() => void>();
  let closed = false;

  async function access<T>(work: () => Promise<T>): Promise<T> {
    if (closed) throw new ClosedError('store');
    try {
      return await work();
    } catch (error) {
      throw translateError(error, description);
    }
  }

  /** @throws StoreError */
  async function assertWorkers(ids: readonly string[]): Promise<void> {
    if (ids.every((id) => registered.has(id))) return;
    const known = await workers.allWorkers(connection);
    for (const id of ids) {
      workers.assertRegistered(known, id);
      registered.add(id);
    }
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
    description,

    commit: (batch) => access(() => commit(batch)),
    claim: (request) => access(() => claimRuns(connection, request)),
    readArrivals: (lease, after, now) => access(() => readArrivals(connection, lease, after, now)),
    heldRunsWithArrivals: (workerId, now) =>
      access(() => heldRunsWithArrivals(connection, workerId, now)),
    nextTimer: (request) => access(() => nextTimer(connection, request)),
    watch: (onChange) => keepGoing(() => changes.watch(onChange)),

    registerWorker: (worker) => access(() => workers.registerWorker(connection, worker)),
    keepAlive: (workerId, leaseMs) => keepGoing(() => keepAlive(options, workerId, leaseMs)),
    removeWorker: (workerId) =>
      access(() => {
        registered.delete(workerId);
        return workers.removeWorker(connection, workerId);
      }),
    listWorkers: () => access(() => workers.listWorkers(connection)),

    getRun: (runId) => access(() => getRun(connection, runId)),
    getRunByKey: (workflow, key) => access(() => getRunByKey(connection, workflow, key)),
    findRunIds: (prefix, limit) => access(() => findRunIds(connection, prefix, limit)),
    listRuns: (filter) => access(() => listRuns(connection, filter)),
    readEvents: (runId, range = {}) => access(() => readEvents(connection, runId, range)),
    getHook: (runId, hookId) => access(() => getHook(connection, runId, hookId)),
    listHooks: (filter) => access(() => listHooks(connection, filter)),
    readGates: (runId) => access(() => readGates(connection, runId)),

    getSchedule: (scheduleId) => access(() => schedules.getSchedule(connection, scheduleId)),
    listSchedules: (filter) => access(() => schedules.listSchedules(connection, filter)),
    dueSchedules: (now, limit) => access(() => schedules.dueSchedules(connection, now, limit)),
    nextScheduleAt: (after) => access(() => schedules.nextScheduleAt(connection, after)),
    readScheduleEvents: (scheduleId, range = {}) =>
      access(() => schedules.readScheduleEvents(connection, scheduleId, range)),

    reserve: (request) => access(() => reserve(connection, lanes, request)),

    ping: () =>
      access(async () => {
        await wire.get({ pk: 'meta', sk: 'layout' });
      }),
    async close() {
      if (closed) return;
      closed = true;
      for (const stop of ongoing) stop();
      await connection.settle();
      await changes.settle();
      client.destroy();
    },
  };
}
