import { expect, test } from 'vitest';
import { encodeError } from '../../../src/core/error-codec.ts';
import { StoreError } from '../../../src/core/errors.ts';
import type { Deliver } from '../../../src/storage/commit.ts';
import {
  advance,
  cancellation,
  childEnd,
  claimedIds,
  claimOnly,
  claimRequest,
  commitOne,
  creation,
  ending,
  gate,
  gatedCreation,
  hookRecord,
  mark,
  NOW,
  newWorker,
  numbers,
  payloadFor,
  resumption,
  sequencesOf,
  sleepTimer,
  snapshot,
  startFree,
  startHeld,
  termination,
  timerRequest,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const COMMITTED = { outcome: 'committed' };
const WAKES = { outcome: 'committed', wakes: true };

/** Runs that begin, and messages that go out, together with a write about another run. */
export function relatedCases({ fresh, testWithFault }: Harness): void {
  test('children begin with the decision that starts them', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    const child = (id: string) => creation({ runId: id, parentRunId: runId, childId: id });
    const timers = [sleepTimer('nap', NOW + 5)];
    const waiting = { ...child('run_b'), attention: 'waiting' as const, timers };
    const hooks = [hookRecord('run_c')];
    const write = advance(lease, 1, {
      events: [mark('children')],
      creates: [child('run_a'), waiting, { ...child('run_c'), hooks }],
    });
    expect(await commitOne(store, write)).toEqual(WAKES);
    expect(await claimedIds(other, await newWorker(other))).toEqual(['run_a', 'run_c']);
    expect(await other.getRun('run_b')).toEqual(waiting.run);
    expect(await store.nextTimer(timerRequest(worker))).toBe(NOW + 5);
    expect((await other.getHook('run_c', 'approval'))?.status).toBe('pending');
    expect(await sequencesOf(store, runId)).toEqual([1, 2]);
  });

  test('a run that begins with another one may itself bring runs and messages along', async () => {
    const { store, other } = await fresh();
    const target = await startFree(store, {}, { attention: 'waiting' });
    const grandchild = { ...creation({ runId: 'run_c' }), deliveries: [cancellation(target, 'c')] };
    const child = {
      ...creation({ runId: 'run_b' }),
      creates: [grandchild],
      // By then the run exists.
      deliveries: [cancellation(target, 'b'), cancellation('run_c', 'born for it')],
    };
    const parent = { ...creation({ runId: 'run_a' }), creates: [child] };
    expect(await commitOne(store, { ...parent, deliveries: [cancellation(target, 'a')] })).toEqual(
      WAKES,
    );
    const claims = await other.claim(claimRequest(await newWorker(other)));
    const reasons = Object.fromEntries(
      claims.map(({ run, arrivals }) => [
        run.runId,
        arrivals.inbox.map((entry) => (entry.type === 'cancel' ? entry.reason : entry.type)),
      ]),
    );
    expect(reasons).toEqual({
      [target]: ['c', 'b', 'a'],
      run_a: [],
      run_b: [],
      run_c: ['born for it'],
    });
  });

  test('a child that exists already is left as it is, with all that it brings along', async () => {
    const { store } = await fresh();
    const { lease } = await startHeld(store, await newWorker(store));
    const child = await startFree(store, { input: 'first' });
    const target = await startFree(store, {}, { attention: 'waiting' });
    const again = {
      ...creation({ runId: child, input: 'second' }),
      creates: [creation({ runId: 'run_grandchild' })],
      deliveries: [cancellation(target)],
      timers: [sleepTimer('nap', NOW)],
      hooks: [hookRecord(child)],
    };
    const before = await snapshot(store, child);
    expect(await commitOne(store, advance(lease, 1, { creates: [again] }))).toEqual(COMMITTED);
    expect(await snapshot(store, child)).toEqual(before);
    expect(await store.getRun('run_grandchild')).toBeNull();
    expect(await claimedIds(store, await newWorker(store))).toEqual([child]);
  });

  test.each(['lease_lost', 'conflict', 'exists'])(
    'a write that is refused with %s creates and sends nothing',
    async (outcome) => {
      const { store, other } = await fresh();
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(store, worker);
      const target = await startFree(store, {}, { attention: 'waiting' });
      const given = {
        creates: [creation({ runId: 'run_child' })],
        deliveries: [cancellation(target)],
      };
      if (outcome === 'lease_lost') await other.removeWorker(worker);
      const write =
        outcome === 'exists'
          ? { ...creation({ runId }), ...given }
          : advance(lease, outcome === 'conflict' ? 5 : 1, given);
      expect((await commitOne(store, write)).outcome).toBe(outcome);
      expect(await store.getRun('run_child')).toBeNull();
      expect(await claimedIds(store, await newWorker(store))).toEqual(
        outcome === 'lease_lost' ? [runId] : [],
      );
    },
  );

  test('of claims, a run inside another write knows none: any worker may take it', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { lease } = await startHeld(store, worker);
    const child = creation({ runId: 'run_child' }, { workerId: worker, attention: 'claimed' });
    await commitOne(store, advance(lease, 1, { creates: [child] }));
    const claim = await claimOnly(store, await newWorker(store));
    expect([claim.run.runId, claim.lostBy]).toEqual(['run_child', null]);
  });

  test('a run inside another write belongs to the worker that it names', async () => {
    const { store } = await fresh();
    const [worker, stranger] = [await newWorker(store), await newWorker(store)];
    const { lease } = await startHeld(store, worker);
    const child = creation({ runId: 'run_child' }, { workerId: worker });
    await commitOne(store, advance(lease, 1, { creates: [child] }));
    expect(await claimedIds(store, stranger, { scope: 'own' })).toEqual([]);
    expect(await claimedIds(store, worker, { scope: 'own' })).toEqual(['run_child']);
  });

  test('a worker that is not registered is an error, however deep it stands', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const unknown = creation({ runId: 'run_c' }, { workerId: 'worker_unknown' });
    const child = { ...creation({ runId: 'run_b' }), creates: [unknown] };
    const write = advance(lease, 1, { events: [mark('a')], creates: [child] });
    await expect(store.commit([creation({ runId: 'run_a' }), write])).rejects.toThrow(StoreError);
    for (const id of ['run_a', 'run_b', 'run_c']) expect(await store.getRun(id)).toBeNull();
    expect(await sequencesOf(store, runId)).toEqual([1]);
    expect(await commitOne(store, advance(lease, 1))).toEqual(COMMITTED);
  });

  test('the end of a child reaches its parent in the commit that ends it', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const parent = await startFree(store, {}, { attention: 'waiting' });
    const child = await startHeld(store, worker, { parentRunId: parent, childId: 'ship_1' });
    const ends = [
      childEnd(parent, { tracking: 7 }, child.runId),
      endOf(parent, { status: 'failed', error: encodeError(new RangeError('no')) }),
      endOf(parent, { status: 'cancelled', reason: null }),
    ];
    const result = await commitOne(
      store,
      ending(child.lease, 1, 'completed', { deliveries: ends }),
    );
    expect(result).toEqual({ ...WAKES, released: true });
    const { run, arrivals } = await claimOnly(other, await newWorker(other));
    expect(run.runId).toBe(parent);
    expect(arrivals.inbox).toMatchObject(ends.map(({ message }) => message));
  });

  function endOf(
    runId: string,
    end: { status: 'failed'; error: ReturnType<typeof encodeError> } | EndCancelled,
  ): Deliver {
    const message = {
      type: 'child.ended' as const,
      childId: 'ship_1',
      childRunId: 'run_x',
      ...end,
    };
    return { op: 'deliver', runId, message, now: NOW };
  }

  test('a message that its target cannot take is dropped, and nothing else with it', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { lease } = await startHeld(store, worker);
    const finished = await startFree(store, { status: 'completed' }, { attention: 'waiting' });
    const alive = await startFree(store, {}, { attention: 'waiting' });
    const deliveries = [
      cancellation('run_unknown'),
      cancellation(finished),
      payloadFor(alive, 1, 'no such hook'),
      cancellation(alive, 'taken'),
    ];
    const write = advance(lease, 1, { events: [mark('a')], deliveries });
    expect(await commitOne(store, write)).toEqual(WAKES);
    const { run, arrivals } = await claimOnly(store, worker);
    expect(run.runId).toBe(alive);
    expect(arrivals.inbox).toMatchObject([{ reason: 'taken' }]);
    const none = advance(lease, 2, { deliveries: deliveries.slice(0, 3) });
    expect(await commitOne(store, none)).toEqual(COMMITTED);
  });

  test('a message to the run itself keeps it from going to sleep', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const run = { status: 'suspended' as const, updatedAt: NOW };
    const deliveries = [resumption(runId)];
    const write = advance(lease, 1, {
      run,
      release: 'suspend',
      deliveries,
      inboxThrough: 1_000_000,
    });
    expect(await commitOne(store, write)).toEqual({ ...WAKES, released: false });
    expect((await store.getRun(runId))?.status).toBe('running');
    expect((await store.readArrivals(lease, 0, NOW)).inbox).toMatchObject([{ type: 'resume' }]);
  });

  test('a message to the run itself finds nobody once it has ended', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    const result = await commitOne(
      store,
      ending(lease, 1, 'completed', { deliveries: [cancellation(runId)] }),
    );
    expect(result).toEqual({ ...COMMITTED, released: true });
    expect((await store.readArrivals(lease, 0, NOW)).inbox).toEqual([]);
    expect(await claimedIds(store, worker)).toEqual([]);
  });

  test('a child that a gate refuses is replaced by a message, and the parent stays awake', async () => {
    const { store, other } = await fresh();
    await commitOne(store, gatedCreation('run_1', [gate()]));
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const refused = {
      ...gatedCreation('run_2', [gate('refuse')]),
      ifRefused: childEnd(runId, 'refused'),
      creates: [creation({ runId: 'run_grandchild' })],
      deliveries: [cancellation('run_1')],
    };
    const lost = { ...refused, ifRefused: cancellation('run_unknown') };
    const silent = { ...refused, ifRefused: undefined };
    const creates = [refused, lost, silent, creation({ runId: 'run_3' })];
    const write = advance(lease, 1, { events: [mark('a')], creates, release: 'suspend' });
    expect(await commitOne(store, write)).toEqual({ ...WAKES, released: false });
    expect((await store.readArrivals(lease, 0, NOW)).inbox).toMatchObject([
      { type: 'child.ended', result: 'refused' },
    ]);
    for (const id of ['run_2', 'run_grandchild']) expect(await other.getRun(id)).toBeNull();
    const claims = await other.claim(claimRequest(await newWorker(other)));
    expect(claims.map(({ run, arrivals }) => [run.runId, arrivals.inbox])).toEqual([
      ['run_1', []],
      ['run_3', []],
    ]);
  });

  test('a child that gets its place, or waits for it, sends no refusal', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const child = (id: string) => ({
      ...gatedCreation(id, [gate('wait_one')]),
      ifRefused: childEnd(runId, id),
    });
    const creates = ['run_1', 'run_2', 'run_3'].map(child);
    await commitOne(store, advance(lease, 1, { creates }));
    expect((await store.readArrivals(lease, 0, NOW)).inbox).toMatchObject([{ result: 'run_3' }]);
    expect(await claimedIds(store, await newWorker(store))).toEqual(['run_1']);
    expect(await store.readGates('run_2')).toMatchObject([{ held: false }]);
  });

  test('parking while a message of the same write comes in: it is roused', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    const run = { status: 'interrupted' as const, updatedAt: NOW };
    const deliveries = [termination(runId)];
    await commitOne(store, advance(lease, 1, { run, release: 'park', deliveries }));
    expect((await claimOnly(store, worker)).arrivals.inbox).toMatchObject([{ type: 'terminate' }]);
  });

  test('of two who create the same child, one does', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const parents = await Promise.all(numbers(6).map(() => startHeld(store, worker)));
    const results = await Promise.all(
      parents.map(({ lease }, index) => {
        const creates = [creation({ runId: 'run_child', input: index })];
        return commitOne(index % 2 === 0 ? store : other, advance(lease, 1, { creates }));
      }),
    );
    expect(results.filter((result) => 'wakes' in result)).toHaveLength(1);
    expect(results.map((result) => result.outcome)).toEqual(numbers(6).map(() => 'committed'));
    expect(await sequencesOf(store, 'run_child')).toEqual([1]);
    expect(await claimedIds(store, worker)).toEqual(['run_child']);
  });

  testWithFault(
    'if a child cannot be written, neither is its parent’s decision',
    async (opened, fail) => {
      const { store } = opened;
      const worker = await newWorker(store);
      const timers = [sleepTimer('old', NOW)];
      const { runId, lease } = await startHeld(store, worker, {}, { timers });
      const target = await startFree(store, {}, { attention: 'waiting' });
      await commitOne(store, cancellation(runId));
      const before = await snapshot(store, runId, lease);
      // The events of a run are what fails, and only the child has some.
      const write = advance(lease, 1, {
        run: { status: 'completed', updatedAt: NOW + 1, completedAt: NOW + 1 },
        release: 'suspend',
        hooks: [hookRecord(runId)],
        creates: [creation({ runId: 'run_child' })],
        deliveries: [cancellation(target)],
      });
      const repair = fail();
      await expect(store.commit([cancellation(target), write])).rejects.toThrow();
      repair();
      expect(await snapshot(store, runId, lease)).toEqual(before);
      expect(await store.getRun('run_child')).toBeNull();
      expect(await claimedIds(store, worker)).toEqual([]);
      expect(await commitOne(store, write)).toMatchObject({ ...WAKES, released: true });
      expect((await claimedIds(store, worker)).toSorted()).toEqual(
        ['run_child', target].toSorted(),
      );
    },
  );

  test('what a change says of progress and successor is recorded, and stays', async () => {
    const { store, other } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const progress = { done: 3, total: 10, note: 'sorting', at: NOW };
    await commitOne(store, advance(lease, 1, { run: { updatedAt: NOW, progress } }));
    const run = { updatedAt: NOW + 1, continuedToRunId: 'run_next' };
    await commitOne(store, advance(lease, 1, { run }));
    const found = await other.getRun(runId);
    expect(found).toMatchObject({ progress, continuedToRunId: 'run_next', updatedAt: NOW + 1 });
    const done = { ...progress, done: 10, note: null };
    await commitOne(store, advance(lease, 1, { run: { updatedAt: NOW + 2, progress: done } }));
    expect((await other.listRuns({ limit: 1 })).items[0]?.progress).toEqual(done);
  });
}

interface EndCancelled {
  status: 'cancelled';
  reason: string | null;
}
