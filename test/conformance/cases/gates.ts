import { expect, test } from 'vitest';
import type { Gate } from '../../../src/storage/commit.ts';
import type { Store } from '../../../src/storage/store.ts';
import {
  advance,
  cancellation,
  claimedIds,
  claimOnly,
  commitOne,
  creation,
  ending,
  gate,
  gatedCreation,
  hookRecord,
  NOW,
  newWorker,
  payloadFor,
  resumption,
  sleepTimer,
  startFree,
  startHeld,
  termination,
  timerRequest,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const COMMITTED = { outcome: 'committed' };
const WAITING = { outcome: 'committed', waiting: true };

/** Who gets in, who waits and who is sent away. */
export function gateCases({ fresh }: Harness): void {
  /** Creates runs in front of the same gates, and says what became of them. */
  async function arrive(store: Store, gates: readonly Gate[], ...runIds: string[]) {
    const results = [];
    for (const runId of runIds) results.push(await commitOne(store, gatedCreation(runId, gates)));
    return results;
  }

  test('as many runs as there are places are ready at once; the next one waits', async () => {
    const { store, other } = await fresh();
    const gates = [gate('wait', 2)];
    expect(await arrive(store, gates, 'run_1', 'run_2', 'run_3')).toEqual([
      COMMITTED,
      COMMITTED,
      WAITING,
    ]);
    expect(await claimedIds(other, await newWorker(other))).toEqual(['run_1', 'run_2']);
    expect(await store.getRun('run_3')).toEqual(gatedCreation('run_3').run);
  });

  test('a run holds its place while it sleeps, is parked or loses its worker', async () => {
    const { store, other } = await fresh();
    await arrive(store, [gate()], 'run_1', 'run_2');
    const worker = await newWorker(store, { expiresAt: NOW + 10 });
    const { lease } = await claimOnly(store, worker);
    await commitOne(store, advance(lease, 1, { release: 'suspend' }));
    const heir = await newWorker(other);
    expect(await claimedIds(other, heir)).toEqual([]);
    await commitOne(other, resumption('run_1'));
    const again = await claimOnly(store, worker);
    const run = { status: 'interrupted' as const, updatedAt: NOW };
    const inboxThrough = Number.MAX_SAFE_INTEGER;
    await commitOne(store, advance(again.lease, 1, { run, release: 'park', inboxThrough }));
    expect(await claimedIds(other, heir)).toEqual([]);
    await commitOne(other, resumption('run_1'));
    await claimOnly(store, worker);
    const late = await claimOnly(other, heir, { now: NOW + 11 });
    expect([late.run.runId, late.lostBy]).toEqual(['run_1', worker]);
  });

  test('gates of different names do not know of each other', async () => {
    const { store } = await fresh();
    const names = [
      'a',
      'A',
      'a ',
      'ä',
      '',
      'a:b',
      '\ud800',
      '\ud801',
      '\ufffd',
      '\uffff',
      'x\u0000',
    ];
    for (const name of names) {
      const gates = [gate('refuse', 1, name)];
      expect(await arrive(store, gates, `run_${name.length}_${names.indexOf(name)}`)).toEqual([
        COMMITTED,
      ]);
      expect(await arrive(store, gates, 'run_late')).toMatchObject([{ gate: name }]);
    }
  });

  test.each<[Gate['whenFull'], string]>([
    ['refuse', 'run_1'],
    ['wait_one', 'run_3'],
  ])('a gate that says %s sends away whom it has no place for, and names %s', async (how, who) => {
    const { store, other } = await fresh();
    const gates = [gate(how, 2)];
    await arrive(store, gates, 'run_1', 'run_2');
    if (how === 'wait_one') expect(await arrive(store, gates, 'run_3')).toEqual([WAITING]);
    const runs = await store.listRuns({ limit: 10 });
    const hooks = [hookRecord('run_4')];
    const write = { ...gatedCreation('run_4', gates, { idempotencyKey: 'key' }), hooks };
    const refused = { outcome: 'gate_full', gate: 'workflow:order', runId: who };
    expect(await store.commit([write, write])).toEqual([refused, refused]);
    expect(await other.listRuns({ limit: 10 })).toEqual(runs);
    expect(await other.readEvents('run_4')).toEqual([]);
    expect(await other.getRunByKey('order', 'key')).toBeNull();
    expect((await other.listHooks({ limit: 10 })).items).toEqual([]);
  });

  test('nothing that a refused run brings along is written', async () => {
    const { store } = await fresh();
    await arrive(store, [gate()], 'run_1');
    const target = await startFree(store, {}, { attention: 'waiting' });
    const write = {
      ...gatedCreation('run_2', [gate('refuse')]),
      ifRefused: cancellation(target),
      creates: [creation({ runId: 'run_child' })],
      deliveries: [cancellation(target)],
    };
    expect(await commitOne(store, write)).toMatchObject({ outcome: 'gate_full' });
    expect(await store.getRun('run_child')).toBeNull();
    expect(await claimedIds(store, await newWorker(store))).toEqual(['run_1']);
  });

  test('whoever exists already is told so, however full its gate is', async () => {
    const { store } = await fresh();
    const write = gatedCreation('run_1', [gate('refuse')], { idempotencyKey: 'key' });
    await commitOne(store, write);
    const exists = { outcome: 'exists', runId: 'run_1' };
    expect(await commitOne(store, write)).toEqual(exists);
    const sameKey = { ...write, run: { ...write.run, runId: 'run_2' } };
    expect(await commitOne(store, sameKey)).toEqual(exists);
    const [state] = await store.readGates('run_1');
    expect(state).toMatchObject({ holders: 1, waiting: 0 });
  });

  test('a gate that says join counts who enters, and turns nobody away', async () => {
    const { store } = await fresh();
    expect(await arrive(store, [gate('join')], 'run_1', 'run_2', 'run_3')).toEqual([
      COMMITTED,
      COMMITTED,
      COMMITTED,
    ]);
    expect(await store.readGates('run_3')).toMatchObject([{ held: true, holders: 3 }]);
    expect(await arrive(store, [gate()], 'run_4')).toEqual([WAITING]);
    const worker = await newWorker(store);
    const claims = await store.claim({
      ...{ workerId: worker, now: NOW, limit: 9, workflows: null, scope: 'all' },
      ...{ runIds: [], deadWorkers: [] },
    });
    for (const { lease } of claims) {
      expect(await claimedIds(store, worker)).toEqual([]);
      await commitOne(store, ending(lease));
    }
    expect(await claimedIds(store, worker)).toEqual(['run_4']);
  });

  test('whoever replaces asks all holders and waiters to stop, then waits', async () => {
    const { store, other } = await fresh();
    await arrive(store, [gate('wait', 2)], 'run_1', 'run_2', 'run_3');
    const worker = await newWorker(store);
    const held = await claimOnly(store, worker, { limit: 1 });
    const write = gatedCreation('run_4', [gate('replace', 2)], { createdAt: NOW + 7 });
    expect(await commitOne(other, write)).toEqual({ ...WAITING, wakes: true });
    const message = {
      type: 'cancel',
      reason: 'replaced by run run_4',
      requestedBy: 'gate',
      receivedAt: NOW + 7,
    };
    expect(await store.heldRunsWithArrivals(worker, NOW)).toEqual(['run_1']);
    expect((await store.readArrivals(held.lease, 0, NOW)).inbox).toMatchObject([message]);
    const claims = await store.claim({
      ...{ workerId: worker, now: NOW, limit: 9, workflows: null, scope: 'all' },
      ...{ runIds: [], deadWorkers: [] },
    });
    expect(claims.map((claim) => claim.run.runId)).toEqual(['run_2', 'run_3']);
    for (const { arrivals } of claims) expect(arrivals.inbox).toMatchObject([message]);
    await commitOne(store, ending(held.lease, 1, 'cancelled'));
    expect(await claimedIds(other, worker)).toEqual(['run_4']);
  });

  test('whoever would replace somebody enters a gate that is not full', async () => {
    const { store } = await fresh();
    expect(await arrive(store, [gate('replace', 2)], 'run_1', 'run_2')).toEqual([
      COMMITTED,
      COMMITTED,
    ]);
    const { arrivals } = await claimOnly(store, await newWorker(store), { limit: 1 });
    expect(arrivals.inbox).toEqual([]);
  });

  test('of several gates one refuses: nobody is asked to stop, and no place is taken', async () => {
    const { store } = await fresh();
    await commitOne(store, gatedCreation('run_1', [gate('wait', 1, 'a')]));
    await commitOne(store, gatedCreation('run_2', [gate('wait', 1, 'b')]));
    const gates = [gate('replace', 1, 'a'), gate('wait', 1, 'c'), gate('refuse', 1, 'b')];
    expect(await arrive(store, gates, 'run_3')).toEqual([
      { outcome: 'gate_full', gate: 'b', runId: 'run_2' },
    ]);
    const { arrivals } = await claimOnly(store, await newWorker(store), { limit: 1 });
    expect(arrivals.inbox).toEqual([]);
    expect(await arrive(store, [gate('refuse', 1, 'c')], 'run_4')).toEqual([COMMITTED]);
  });

  test('a run that waits at one of its gates takes no place at the others', async () => {
    const { store } = await fresh();
    await arrive(store, [gate('wait', 1, 'a')], 'run_1');
    expect(await arrive(store, [gate('wait', 1, 'a'), gate('wait', 1, 'b')], 'run_2')).toEqual([
      WAITING,
    ]);
    expect(await arrive(store, [gate('wait', 1, 'b')], 'run_3')).toEqual([COMMITTED]);
    expect(await store.readGates('run_2')).toEqual([
      { name: 'a', limit: 1, held: false, holders: 1, waiting: 1, heldBy: ['run_1'] },
      { name: 'b', limit: 1, held: false, holders: 1, waiting: 1, heldBy: ['run_3'] },
    ]);
  });

  test('the same gate twice is a conflict', async () => {
    const { store } = await fresh();
    const write = gatedCreation('run_1', [gate(), gate('join')]);
    expect(await commitOne(store, write)).toEqual({ outcome: 'conflict' });
    expect(await store.getRun('run_1')).toBeNull();
  });

  test('who is in the way: the oldest five, and how many there are', async () => {
    const { store, other } = await fresh();
    const ids = ['run_9', 'run_8', 'run_7', 'run_6', 'run_5', 'run_4', 'run_3'];
    await arrive(store, [gate('wait', 7)], ...ids, 'run_2', 'run_1');
    const state = { name: 'workflow:order', limit: 7, holders: 7, waiting: 2 };
    const heldBy = ids.slice(0, 5);
    expect(await other.readGates('run_2')).toEqual([{ ...state, held: false, heldBy }]);
    expect(await other.readGates('run_3')).toEqual([{ ...state, held: true, heldBy }]);
    expect(await other.readGates('run_unknown')).toEqual([]);
    expect(await other.readGates(await startFree(store))).toEqual([]);
  });

  test('a run that waits is nobody’s to claim: not by a timer, not by a message', async () => {
    const { store, other } = await fresh();
    const { lease } = await startHeld(store, await newWorker(store));
    await arrive(store, [gate()], 'run_1');
    const waiter = {
      ...gatedCreation('run_2'),
      timers: [sleepTimer('deadline', NOW)],
      hooks: [hookRecord('run_2')],
    };
    expect(await commitOne(store, waiter)).toEqual(WAITING);
    const worker = await newWorker(other);
    const { lease: first } = await claimOnly(other, worker, { now: NOW + 9 });
    await commitOne(other, payloadFor('run_2', 'early'));
    await commitOne(store, resumption('run_2'));
    const greedy = { now: NOW + 9, runIds: ['run_2'] };
    expect(await claimedIds(other, worker, greedy)).toEqual([]);
    expect(await claimedIds(store, lease.workerId, { ...greedy, scope: 'own' })).toEqual([]);
    expect(await other.nextTimer(timerRequest(worker, { after: 0 }))).toBeNull();

    await commitOne(other, ending(first));
    const claim = await claimOnly(store, worker, { now: NOW + 9 });
    expect(claim.run.runId).toBe('run_2');
    expect(claim.arrivals.inbox).toMatchObject([{ payload: 'early' }, { type: 'resume' }]);
    expect(claim.arrivals.dueTimers).toHaveLength(1);
  });

  test.each([
    ['cancelled', cancellation],
    ['terminated', termination],
  ])('a run that is %s while it waits is claimable, and waits no more', async (_name, send) => {
    const { store, other } = await fresh();
    await arrive(store, [gate('wait_one')], 'run_1', 'run_2');
    const worker = await newWorker(store);
    const { lease: holder } = await claimOnly(store, worker);
    await commitOne(other, resumption('run_2'));
    expect(await claimedIds(store, worker)).toEqual([]);
    await commitOne(other, send('run_2', 'no'));
    expect(await store.readGates('run_2')).toMatchObject([{ held: false, waiting: 1 }]);
    const { lease, arrivals } = await claimOnly(other, worker);
    expect(arrivals.inbox).toMatchObject([{ type: 'resume' }, { reason: 'no' }]);
    expect(await store.readGates('run_2')).toEqual([]);
    expect(await arrive(store, [gate('wait_one')], 'run_3')).toEqual([WAITING]);
    // Its place is not its own to give: nobody gets in by its end.
    expect(await commitOne(store, ending(lease, 1, 'cancelled'))).toEqual({
      outcome: 'committed',
      released: true,
    });
    expect(await claimedIds(store, worker)).toEqual([]);
    await commitOne(store, ending(holder));
    expect(await claimedIds(store, worker)).toEqual(['run_3']);
  });

  test('a cancelled waiter that sleeps while it cleans up wakes by its timer', async () => {
    const { store } = await fresh();
    await arrive(store, [gate()], 'run_1', 'run_2');
    const worker = await newWorker(store);
    await claimOnly(store, worker);
    await commitOne(store, cancellation('run_2'));
    const { lease } = await claimOnly(store, worker);
    const inboxThrough = Number.MAX_SAFE_INTEGER;
    const timers = [sleepTimer('nap', NOW + 1)];
    await commitOne(store, advance(lease, 1, { timers, inboxThrough, release: 'suspend' }));
    expect(await claimedIds(store, worker, { now: NOW })).toEqual([]);
    expect(await claimedIds(store, worker, { now: NOW + 1 })).toEqual(['run_2']);
  });

  test('a waiter that is admitted before its cancellation is seen holds its place', async () => {
    const { store } = await fresh();
    await arrive(store, [gate()], 'run_1', 'run_2', 'run_3');
    const worker = await newWorker(store);
    const { lease } = await claimOnly(store, worker);
    await commitOne(store, cancellation('run_2'));
    await commitOne(store, ending(lease));
    expect(await store.readGates('run_2')).toMatchObject([{ held: true, holders: 1, waiting: 1 }]);
    const claim = await claimOnly(store, worker);
    expect(claim.run.runId).toBe('run_2');
    await commitOne(store, ending(claim.lease, 1, 'cancelled'));
    expect(await claimedIds(store, worker)).toEqual(['run_3']);
  });
}
