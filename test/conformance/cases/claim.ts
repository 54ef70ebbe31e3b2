import { expect, test } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import {
  advance,
  cancellation,
  claimedIds,
  claimOnly,
  commitOne,
  creation,
  LEASE_MS,
  mark,
  NOW,
  newWorker,
  numbers,
  runRecord,
  sleepTimer,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function claimCases({ fresh }: Harness): void {
  test('a claim carries the run, its position and what has arrived', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(other);
    const run = runRecord({ tags: ['t'], metadata: { m: 1 }, input: ['in'] });
    await startFree(store, run, { timers: [sleepTimer('due', NOW), sleepTimer('later', NOW + 1)] });
    await commitOne(store, cancellation(run.runId, 'why'));
    const claim = await claimOnly(other, worker);
    const { input: _, result: __, ...summary } = run;
    expect(claim).toMatchObject({
      lease: { runId: run.runId, workerId: worker },
      sequence: 1,
      lostBy: null,
      arrivals: {
        inbox: [{ type: 'cancel', reason: 'why', requestedBy: 'test', receivedAt: NOW }],
        dueTimers: [sleepTimer('due', NOW)],
      },
    });
    expect(claim.run).toEqual(summary);
  });

  test('a run without events has sequence 0', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    await startFree(store, {}, { events: [] });
    const claim = await claimOnly(store, worker);
    expect(claim.sequence).toBe(0);
    const first = advance(claim.lease, 0, { events: [mark('first')] });
    expect(await commitOne(store, first)).toEqual({ outcome: 'committed' });
  });

  test('the limit is kept, oldest first, and what is left is claimed next', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const ids: string[] = [];
    for (const _ of numbers(5)) ids.push(await startFree(other));
    expect(await claimedIds(store, worker, { limit: 0 })).toEqual([]);
    expect(await claimedIds(store, worker, { limit: 2 })).toEqual(ids.slice(0, 2));
    expect(await claimedIds(store, worker, { limit: 2 })).toEqual(ids.slice(2, 4));
    expect(await claimedIds(store, worker, { limit: 2 })).toEqual(ids.slice(4));
    expect(await claimedIds(store, worker, { limit: 2 })).toEqual([]);
  });

  test('a run that is ready and due is claimed once and counts once', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const both = await startFree(store, {}, { timers: [sleepTimer('nap', NOW)] });
    const due = await startFree(
      store,
      {},
      { timers: [sleepTimer('nap', NOW)], attention: 'waiting' },
    );
    expect((await claimedIds(store, worker, { limit: 2 })).toSorted()).toEqual(
      [both, due].toSorted(),
    );
  });

  test('only runs of the named workflows are claimed', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const dead = await newWorker(store, { expiresAt: NOW - 1 });
    const waiting = { attention: 'waiting' as const, timers: [sleepTimer('nap', NOW)] };
    const wanted = [
      await startFree(store, { workflowName: 'a' }),
      await startFree(store, { workflowName: 'b' }, waiting),
      (await startHeld(store, dead, { workflowName: 'b' })).runId,
    ];
    await startFree(store, { workflowName: 'c' });
    await startFree(store, { workflowName: 'c' }, waiting);
    const lost = await startHeld(store, dead, { workflowName: 'c' });
    expect(await claimedIds(store, worker, { workflows: [] })).toEqual([]);
    expect((await claimedIds(store, worker, { workflows: ['a', 'b'] })).toSorted()).toEqual(
      wanted.toSorted(),
    );
    expect(
      await claimedIds(store, worker, { workflows: ['a', 'b'], runIds: [lost.runId] }),
    ).toEqual([]);
    expect(await claimedIds(store, worker, { workflows: ['c'] })).toHaveLength(3);
  });

  test('own runs are those a worker started or claimed before', async () => {
    const { store, other } = await fresh();
    const me = await newWorker(store);
    const foreign = await newWorker(other);
    const mine = await startFree(store, {}, { workerId: me });
    const adopted = await startFree(other, {}, { workerId: foreign });
    const theirs = await startFree(other, {}, { workerId: foreign });
    const nobodys = await startFree(other);
    const own = { scope: 'own' as const };
    expect(await claimedIds(store, me, own)).toEqual([mine]);
    const claim = await claimOnly(store, me, { ...own, runIds: [adopted] });
    expect(claim.run.runId).toBe(adopted);
    expect(await claimedIds(store, me, own)).toEqual([]);

    await commitOne(store, advance(claim.lease, 1, { release: 'suspend' }));
    await commitOne(other, cancellation(adopted));
    expect(await claimedIds(other, foreign, own)).toEqual([theirs]);
    expect(await claimedIds(store, me, own)).toEqual([adopted]);
    expect(await claimedIds(other, foreign)).toEqual([nobodys]);
  });

  test('named runs are claimed besides all others, not instead of them', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const ids = [await startFree(store), await startFree(store)];
    const named = { scope: 'all' as const, runIds: ids.slice(1) };
    expect((await claimedIds(store, worker, named)).toSorted()).toEqual(ids.toSorted());
  });

  test('a run that wants nothing is not claimed, named or not', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const other = await newWorker(store);
    const asleep = await startFree(
      store,
      {},
      { attention: 'waiting', timers: [sleepTimer('nap', NOW + 1)] },
    );
    const busy = await startHeld(store, other);
    const runIds = [asleep, busy.runId, 'run_unknown'];
    expect(await claimedIds(store, worker, { scope: 'own', runIds })).toEqual([]);
    expect(await claimedIds(store, worker, { runIds })).toEqual([]);
  });

  test('a worker dies when its lease runs out, and not before', async () => {
    const { store, other } = await fresh();
    const silent = await newWorker(store);
    const heir = await newWorker(other);
    const { runId } = await startHeld(store, silent);
    expect(await claimedIds(other, heir, { now: NOW + LEASE_MS - 1 })).toEqual([]);
    const claim = await claimOnly(other, heir, { now: NOW + LEASE_MS + 1 });
    expect(claim).toMatchObject({ lostBy: silent, run: { runId } });
  });

  test('a worker known to be dead is dead before its lease runs out', async () => {
    const { store, other } = await fresh();
    const crashed = await newWorker(store);
    const alive = await newWorker(store);
    const heir = await newWorker(other);
    const lost = await startHeld(store, crashed);
    await startHeld(store, alive);
    const claim = await claimOnly(other, heir, { deadWorkers: [crashed, 'worker_unknown'] });
    expect(claim).toMatchObject({ lostBy: crashed, run: { runId: lost.runId } });
  });

  test('in its own eyes a worker is alive', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store, { expiresAt: NOW - 1 });
    const { lease } = await startHeld(store, worker);
    expect(await claimedIds(store, worker, { deadWorkers: [worker] })).toEqual([]);
    expect(await commitOne(store, advance(lease, 1))).toEqual({ outcome: 'committed' });
  });

  test('a dead worker’s runs come in portions, too', async () => {
    const { store, other } = await fresh();
    const dead = await newWorker(store, { expiresAt: NOW - 1 });
    const heir = await newWorker(other);
    const runs = await Promise.all(numbers(5).map(() => startHeld(store, dead)));
    const taken = [
      ...(await claimedIds(other, heir, { limit: 3 })),
      ...(await claimedIds(other, heir, { limit: 3 })),
    ];
    expect(taken.toSorted()).toEqual(runs.map((run) => run.runId).toSorted());
  });

  test('what a dead worker started but did not hold is an ordinary run', async () => {
    const { store, other } = await fresh();
    const dead = await newWorker(store, { expiresAt: NOW - 1 });
    const heir = await newWorker(other);
    const runId = await startFree(store, {}, { workerId: dead });
    expect(await claimOnly(other, heir)).toMatchObject({ lostBy: null, run: { runId } });
  });

  test('who is not registered claims nothing', async () => {
    const { store, other } = await fresh();
    const runId = await startFree(store);
    await expect(claimedIds(store, 'worker_unknown')).rejects.toThrow(StoreError);
    const removed = await newWorker(store);
    const elsewhere = await newWorker(store);
    await claimedIds(store, elsewhere, { limit: 0 });
    await store.removeWorker(removed);
    await other.removeWorker(elsewhere);
    for (const gone of [removed, elsewhere]) {
      await expect(claimedIds(store, gone)).rejects.toThrow(StoreError);
    }
    expect(await claimedIds(store, await newWorker(store))).toEqual([runId]);
  });

  test('a worker that has gone and leaves nothing behind takes nobody’s runs along', async () => {
    const { store, other } = await fresh();
    const leaving = await newWorker(store);
    const { runId, lease } = await startHeld(store, leaving);
    await commitOne(store, advance(lease, 1, { release: 'suspend' }));
    await store.removeWorker(leaving);
    await store.removeWorker(leaving);
    const worker = await newWorker(other);
    expect(await claimedIds(other, worker)).toEqual([]);
    await commitOne(other, creation());
    await commitOne(other, cancellation(runId));
    expect(await claimedIds(other, worker)).toHaveLength(2);
  });
}
