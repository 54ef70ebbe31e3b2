import { expect, test } from 'vitest';
import { ClosedError, StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/storage/store.ts';
import {
  advance,
  claimedIds,
  claimRequest,
  commitOne,
  creation,
  LEASE_MS,
  NOW,
  newWorker,
  startFree,
  startHeld,
  timerRequest,
  until,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function lifecycleCases(harness: Harness): void {
  const { fresh, subject, testWithSecond, testWithHeartbeat } = harness;

  test('a store says what it is', async () => {
    const { store } = await fresh();
    expect(store.description).toContain(subject.name);
    expect(await store.ping()).toBeUndefined();
  });

  test('workers are listed as they registered, until they are removed', async () => {
    const { store } = await fresh();
    expect(await store.listWorkers()).toEqual([]);
    const first = {
      workerId: 'worker_1',
      name: 'one',
      host: 'here',
      pid: 4711,
      processKey: 'boot:1:2',
      startedAt: NOW,
      expiresAt: NOW + LEASE_MS,
    };
    const second = { ...first, workerId: 'worker_2', processKey: null };
    await store.registerWorker(first);
    await store.registerWorker(second);
    expect(await store.listWorkers()).toEqual([first, second]);
    await store.removeWorker('worker_1');
    await store.removeWorker('worker_unknown');
    expect(await store.listWorkers()).toEqual([second]);
  });

  test('an id registers once', async () => {
    const { store } = await fresh();
    await newWorker(store, { workerId: 'worker_1', name: 'first' });
    await expect(newWorker(store, { workerId: 'worker_1' })).rejects.toThrow(StoreError);
    expect(await store.listWorkers()).toMatchObject([{ name: 'first' }]);
  });

  test('a dead worker stays listed while it holds runs', async () => {
    const { store } = await fresh();
    const longAgo = NOW - 365 * 86_400_000;
    const dead = await newWorker(store, { expiresAt: longAgo, startedAt: longAgo });
    const { runId } = await startHeld(store, dead);
    const heir = await newWorker(store);
    expect((await store.listWorkers()).map((worker) => worker.workerId)).toContain(dead);
    expect(await store.claim(claimRequest(heir))).toMatchObject([{ lostBy: dead, run: { runId } }]);
  });

  testWithHeartbeat('a worker that is kept alive does not expire', async ({ store }) => {
    const expired = Date.now() - 1;
    const busy = await newWorker(store, { expiresAt: expired });
    const other = await newWorker(store);
    const { lease } = await startHeld(store, busy);
    const stop = store.keepAlive(busy, 60);
    await until(async () => (await store.listWorkers())[0]!.expiresAt > expired);
    expect(await claimedIds(store, other, { now: expired + 1 })).toEqual([]);
    expect(await commitOne(store, advance(lease, 1))).toEqual({ outcome: 'committed' });
    stop();
    stop();
    await until(async () => (await claimedIds(store, other, { now: Date.now() })).length === 1);
  });

  test('two stores do not share anything', async () => {
    const first = await fresh();
    const second = await fresh();
    const runId = await startFree(first.store);
    expect(await second.store.getRun(runId)).toBeNull();
  });

  test('after closing, every call says so, and closing again does nothing', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    await store.close();
    await store.close();
    const calls: Record<Exclude<keyof Store, 'description' | 'close'>, () => unknown> = {
      commit: () => store.commit([creation()]),
      claim: () => store.claim(claimRequest(worker)),
      readArrivals: () => store.readArrivals(lease, 0, NOW),
      heldRunsWithArrivals: () => store.heldRunsWithArrivals(worker, NOW),
      nextTimer: () => store.nextTimer(timerRequest(worker)),
      watch: () => store.watch(() => {}),
      registerWorker: () => newWorker(store),
      keepAlive: () => store.keepAlive(worker, LEASE_MS),
      removeWorker: () => store.removeWorker(worker),
      listWorkers: () => store.listWorkers(),
      getRun: () => store.getRun(runId),
      getRunByKey: () => store.getRunByKey('order', 'key'),
      findRunIds: () => store.findRunIds('latest', 1),
      listRuns: () => store.listRuns({ limit: 1 }),
      readEvents: () => store.readEvents(runId),
      getHook: () => store.getHook(runId, 'approval'),
      listHooks: () => store.listHooks({ limit: 1 }),
      readGates: () => store.readGates(runId),
      getSchedule: () => store.getSchedule('nightly'),
      listSchedules: () => store.listSchedules({ limit: 1 }),
      dueSchedules: () => store.dueSchedules(NOW, 1),
      nextScheduleAt: () => store.nextScheduleAt(NOW),
      readScheduleEvents: () => store.readScheduleEvents('nightly'),
      reserve: () => store.reserve({ name: 'mail', limit: 1, periodMs: 1000, now: NOW }),
      ping: () => store.ping(),
    };
    for (const [name, call] of Object.entries(calls)) {
      await expect(async () => await call(), name).rejects.toThrow(ClosedError);
    }
  });

  test('whoever watches is not told of changes of its own', async () => {
    const { store } = await fresh();
    let changes = 0;
    const stop = store.watch(() => {
      changes += 1;
    });
    await startFree(store);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(changes).toBe(0);
    stop();
    stop();
  });

  testWithSecond(
    'whoever watches learns of every change through another connection',
    async ({ store, other }) => {
      let changes = 0;
      const stop = store.watch(() => {
        changes += 1;
      });
      await startFree(other);
      await until(() => changes === 1);
      await startFree(other);
      await until(() => changes === 2);
      stop();
      await startFree(other);
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(changes).toBe(2);
    },
  );

  testWithSecond(
    'what one connection wrote, another one reads at once, and after closing',
    async ({ store, other }) => {
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(store, worker);
      expect(await other.getRun(runId)).toEqual(await store.getRun(runId));
      await commitOne(store, advance(lease, 1, { run: { status: 'suspended', updatedAt: NOW } }));
      expect((await other.getRun(runId))?.status).toBe('suspended');
      await store.close();
      expect(await other.getRun(runId)).toMatchObject({ runId, status: 'suspended' });
      expect(await other.listWorkers()).toHaveLength(1);
    },
  );
}
