import { expect, test } from 'vitest';
import type { Store } from '../../../src/storage/store.ts';
import {
  advance,
  claimedIds,
  claimOnly,
  commitOne,
  creation,
  NOW,
  newWorker,
  numbers,
  sleepTimer,
  startFree,
  startHeld,
  timerRequest,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function timerCases({ fresh }: Harness): void {
  const asleep = (store: Store, ...dueAt: number[]) =>
    startFree(
      store,
      {},
      {
        attention: 'waiting',
        timers: dueAt.map((at, index) => sleepTimer(`nap${index}`, at)),
      },
    );

  test('a run is claimed when its timer is due, and not before', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const runId = await asleep(store, NOW + 5);
    expect(await claimedIds(store, worker, { now: NOW + 4 })).toEqual([]);
    const claim = await claimOnly(store, worker, { now: NOW + 5 });
    expect(claim.run.runId).toBe(runId);
    expect(claim.arrivals.dueTimers).toEqual([sleepTimer('nap0', NOW + 5)]);
  });

  test('due timers come earliest first, the others not at all', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    await asleep(store, NOW + 3, NOW + 1, NOW + 9, NOW + 2);
    const { lease, arrivals } = await claimOnly(store, worker, { now: NOW + 3 });
    expect(arrivals.dueTimers.map((timer) => timer.dueAt)).toEqual([NOW + 1, NOW + 2, NOW + 3]);
    const later = await store.readArrivals(lease, 0, NOW + 9);
    expect(later.dueTimers.map((timer) => timer.id)).toEqual(['nap1', 'nap3', 'nap0', 'nap2']);
  });

  test('every kind of timer is kept', async () => {
    const { store } = await fresh();
    const timers = (['sleep', 'retry', 'hook', 'deadline'] as const).map((kind, index) => ({
      id: kind,
      kind,
      dueAt: NOW + index,
    }));
    const { lease } = await startHeld(store, await newWorker(store), {}, { timers });
    expect((await store.readArrivals(lease, 0, NOW + 9)).dueTimers).toEqual(timers);
  });

  test('runs are claimed in the order in which they are due', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const last = await asleep(store, NOW + 3);
    const first = await asleep(store, NOW + 1);
    const middle = await asleep(store, NOW + 2, NOW + 7);
    expect(await claimedIds(store, worker, { now: NOW + 9, limit: 2 })).toEqual([first, middle]);
    expect(await claimedIds(store, worker, { now: NOW + 9, limit: 2 })).toEqual([last]);
  });

  test('a run with many due timers does not hide the next one', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const many = await asleep(store, ...numbers(10).map((index) => NOW - 100 + index));
    const one = await asleep(store, NOW);
    expect(await claimedIds(store, worker, { limit: 2 })).toEqual([many, one]);
  });

  test('a timer stays until it is cleared, and is replaced by one of its name', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const timers = [sleepTimer('a', NOW + 1), sleepTimer('b', NOW + 2), sleepTimer('c', NOW + 3)];
    const { lease } = await startHeld(store, worker, {}, { timers });
    const due = async () => (await store.readArrivals(lease, 0, NOW + 99)).dueTimers;
    expect(await due()).toEqual(timers);
    await commitOne(
      store,
      advance(lease, 1, {
        clearTimers: ['a', 'b', 'unknown'],
        timers: [sleepTimer('b', NOW + 9), sleepTimer('c', NOW + 4)],
      }),
    );
    expect(await due()).toEqual([sleepTimer('c', NOW + 4), sleepTimer('b', NOW + 9)]);
    expect(await store.nextTimer(timerRequest(worker, { after: NOW + 4 }))).toBe(NOW + 9);
    expect(await store.nextTimer(timerRequest(worker))).toBe(NOW + 4);
  });

  test('a timer of one run is not another run’s of the same name', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const first = await startHeld(store, worker, {}, { timers: [sleepTimer('nap', NOW)] });
    const second = await startHeld(store, worker, {}, { timers: [sleepTimer('nap', NOW)] });
    await commitOne(store, advance(first.lease, 1, { clearTimers: ['nap'] }));
    expect(await store.heldRunsWithArrivals(worker, NOW)).toEqual([second.runId]);
  });

  test('the next timer is the earliest after the given instant', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    expect(await store.nextTimer(timerRequest(worker))).toBeNull();
    await asleep(store, NOW + 7, NOW + 3);
    await asleep(store, NOW + 5, NOW);
    const next = (after: number) => store.nextTimer(timerRequest(worker, { after }));
    expect(await next(NOW - 1)).toBe(NOW);
    expect(await next(NOW)).toBe(NOW + 3);
    expect(await next(NOW + 3)).toBe(NOW + 5);
    expect(await next(NOW + 5)).toBe(NOW + 7);
    expect(await next(NOW + 7)).toBeNull();
  });

  test('a worker’s business are its own runs and free ones, not those others hold', async () => {
    const { store } = await fresh();
    const me = await newWorker(store);
    const other = await newWorker(store);
    const timer = (dueAt: number) => ({ timers: [sleepTimer('nap', dueAt)] });
    const theirs = await startHeld(store, other, {}, timer(NOW + 1));
    await startHeld(store, me, {}, timer(NOW + 2));
    expect(await store.nextTimer(timerRequest(me))).toBe(NOW + 2);
    expect(await store.nextTimer(timerRequest(other))).toBe(NOW + 1);
    await commitOne(store, advance(theirs.lease, 1, { release: 'suspend' }));
    expect(await store.nextTimer(timerRequest(me))).toBe(NOW + 1);
    expect(await store.nextTimer(timerRequest(me, { scope: 'own' }))).toBe(NOW + 2);
    expect(await store.nextTimer(timerRequest(other, { scope: 'own' }))).toBe(NOW + 1);
    const adopted = { scope: 'own' as const, runIds: [theirs.runId] };
    expect(await store.nextTimer(timerRequest(me, adopted))).toBe(NOW + 1);
    expect(await store.nextTimer(timerRequest(me, { ...adopted, workflows: [] }))).toBe(NOW + 2);
    expect(await claimedIds(store, me, { ...adopted, now: NOW + 1 })).toEqual([theirs.runId]);
  });

  test('timers of other workflows are not this worker’s business, unless it holds the run', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const waiting = (dueAt: number) => ({
      attention: 'waiting' as const,
      timers: [sleepTimer('nap', dueAt)],
    });
    await startFree(store, { workflowName: 'a' }, waiting(NOW + 1));
    await startFree(store, { workflowName: 'b' }, waiting(NOW + 2));
    const request = (workflows: string[] | null) =>
      store.nextTimer(timerRequest(worker, { workflows }));
    expect(await request(null)).toBe(NOW + 1);
    expect(await request(['b', 'c'])).toBe(NOW + 2);
    expect(await request([])).toBeNull();
    await startHeld(store, worker, { workflowName: 'd' }, { timers: [sleepTimer('nap', NOW + 3)] });
    expect(await request(['c'])).toBe(NOW + 3);
  });

  test('of ten thousand sleeping runs, the due one is found and the next one known', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const batch = numbers(10_000).map((index) =>
      creation({}, { attention: 'waiting', timers: [sleepTimer('nap', NOW + 60_000 + index)] }),
    );
    await store.commit(batch);
    const runId = await asleep(store, NOW);
    for (let round = 0; round < 50; round++) {
      expect(await store.nextTimer(timerRequest(worker, { after: NOW - 1 }))).toBe(NOW);
      const claim = await claimOnly(store, worker);
      expect(claim.run.runId).toBe(runId);
      expect(await store.nextTimer(timerRequest(worker))).toBe(NOW + 60_001);
      expect(await claimedIds(store, worker)).toEqual([]);
      await commitOne(store, advance(claim.lease, 1, { release: 'suspend' }));
    }
  });
}
