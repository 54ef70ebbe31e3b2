import { expect, test } from 'vitest';
import { encodeError } from '../../../src/core/error-codec.ts';
import { PyWorkflowError } from '../../../src/core/errors.ts';
import {
  advance,
  cancellation,
  claimOnly,
  commitOne,
  creation,
  hookRecord,
  mark,
  NOW,
  newWorker,
  numbers,
  payloadFor,
  sequencesOf,
  sleepTimer,
  snapshot,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function advanceCases({ fresh, testWithFault }: Harness): void {
  test('sequences start at 1 and have no gaps, however many events a commit has', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    let sequence = 1;
    for (const count of [1, 3, 0, 2, 7]) {
      const events = numbers(count).map((index) => mark(`${sequence}.${index}`));
      expect(await commitOne(store, advance(lease, sequence, { events }))).toEqual({
        outcome: 'committed',
      });
      sequence += count;
    }
    expect(await sequencesOf(store, runId)).toEqual(numbers(14));
    expect((await claimLater(store, lease, sequence)).sequence).toBe(14);
  });

  test.each([0, 2, 5])(
    'expecting sequence %i instead of 1 is a conflict, whole',
    async (expected) => {
      const { store } = await fresh();
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(
        store,
        worker,
        {},
        { timers: [sleepTimer('old', NOW)] },
      );
      await store.commit([cancellation(runId)]);
      const before = await snapshot(store, runId, lease);
      const wrong = advance(lease, expected, {
        events: [mark('wrong')],
        run: { status: 'suspended', updatedAt: NOW + 1 },
        timers: [sleepTimer('new', NOW)],
        clearTimers: ['old'],
        hooks: [hookRecord(runId)],
        inboxThrough: Number.MAX_SAFE_INTEGER,
        release: 'suspend',
      });
      expect(await commitOne(store, wrong)).toEqual({ outcome: 'conflict' });
      expect(await snapshot(store, runId, lease)).toEqual(before);
      expect(await commitOne(store, advance(lease, 1))).toEqual({ outcome: 'committed' });
    },
  );

  test('a run may advance more than once in a batch', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    expect(
      await store.commit([
        advance(lease, 1, { events: [mark('a'), mark('b')] }),
        advance(lease, 3, { events: [mark('c')] }),
      ]),
    ).toEqual([{ outcome: 'committed' }, { outcome: 'committed' }]);
    expect(await sequencesOf(store, runId)).toEqual(numbers(4));
  });

  test('of two writes that expect the same sequence in a batch, the second is a conflict', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    const neighbour = await startHeld(store, worker);
    expect(
      await store.commit([
        advance(lease, 1, { events: [mark('first')] }),
        advance(lease, 1, { events: [mark('second')], timers: [sleepTimer('nap', NOW)] }),
        advance(neighbour.lease, 1, { events: [mark('neighbour')] }),
      ]),
    ).toEqual([{ outcome: 'committed' }, { outcome: 'conflict' }, { outcome: 'committed' }]);
    expect(await store.readEvents(runId)).toHaveLength(2);
    expect(await store.readEvents(neighbour.runId)).toHaveLength(2);
    expect((await store.readArrivals(lease, 0, NOW)).dueTimers).toEqual([]);
  });

  test('what follows a release in the same batch is refused', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    expect(
      await store.commit([
        advance(lease, 1, { events: [mark('last')], release: 'suspend' }),
        advance(lease, 2, { events: [mark('too late')] }),
      ]),
    ).toEqual([{ outcome: 'committed', released: true }, { outcome: 'lease_lost' }]);
    expect(await store.readEvents(runId)).toHaveLength(2);
  });

  test('a refused write leaves its neighbours intact, before and after it', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const held = [await startHeld(store, worker), await startHeld(store, worker)] as const;
    const taken = await startFree(store, {}, { attention: 'waiting' });
    const created = creation();
    const results = await store.commit([
      advance(held[0].lease, 1, { events: [mark('a')] }),
      advance(held[1].lease, 9, { events: [mark('wrong')] }),
      creation({ runId: taken }),
      cancellation('run_unknown'),
      payloadFor(taken, 1, 'no such hook'),
      created,
      advance(held[1].lease, 1, { events: [mark('b')] }),
    ]);
    expect(results.map((result) => result.outcome)).toEqual([
      'committed',
      'conflict',
      'exists',
      'not_found',
      'not_found',
      'committed',
      'committed',
    ]);
    for (const { runId } of held) expect(await store.readEvents(runId)).toHaveLength(2);
    expect(await store.getRun(created.run.runId)).not.toBeNull();
  });

  test('a change touches the fields it names', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const error = encodeError(new TypeError('odd'));
    const created = await store.getRun(runId);
    await commitOne(
      store,
      advance(lease, 1, {
        run: {
          status: 'suspended',
          updatedAt: NOW + 5,
          startedAt: NOW + 4,
          error,
          recoveryAttempts: 2,
        },
      }),
    );
    const changed = {
      ...created,
      status: 'suspended',
      updatedAt: NOW + 5,
      startedAt: NOW + 4,
      error,
      recoveryAttempts: 2,
    };
    expect(await store.getRun(runId)).toEqual(changed);
    await commitOne(store, advance(lease, 1, { run: { updatedAt: NOW + 6 } }));
    expect(await store.getRun(runId)).toEqual({ ...changed, updatedAt: NOW + 6 });
    await commitOne(
      store,
      advance(lease, 1, { run: { updatedAt: NOW + 7, error: null, recoveryAttempts: 0 } }),
    );
    expect(await store.getRun(runId)).toEqual({
      ...changed,
      updatedAt: NOW + 7,
      error: null,
      recoveryAttempts: 0,
    });
  });

  test('a run starts only once', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    for (const startedAt of [NOW + 1, NOW + 2]) {
      await commitOne(store, advance(lease, 1, { run: { updatedAt: startedAt, startedAt } }));
    }
    expect((await store.getRun(runId))?.startedAt).toBe(NOW + 1);
  });

  test('what the writer changes afterwards is not in the store', async () => {
    const { store } = await fresh();
    const tags = ['one'];
    const metadata = { list: [1] };
    const payload = { list: [1] };
    const write = creation({ tags, metadata });
    const { runId } = write.run;
    const pending = store.commit([
      { ...write, hooks: [hookRecord(runId)] },
      payloadFor(runId, payload),
    ]);
    await pending;
    tags.push('two');
    metadata.list.push(2);
    payload.list.push(2);
    expect(await store.getRun(runId)).toMatchObject({ tags: ['one'], metadata: { list: [1] } });
    expect((await store.getHook(runId, 'approval'))?.payload).toEqual({ list: [1] });
  });

  test('what a reader changes is not in the store', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const runId = await startFree(store, { tags: ['one'], metadata: { a: { b: 1 } }, input: [1] });
    await store.commit([cancellation(runId, 'why')]);
    const spoil = (value: object) => {
      for (const inner of Object.values(value)) {
        if (typeof inner === 'object' && inner !== null) spoil(inner);
      }
      for (const key of Object.keys(value)) {
        try {
          (value as Record<string, unknown>)[key] = 'spoilt';
        } catch {
          // Frozen is fine, too.
        }
      }
    };
    const { lease, run, arrivals } = await claimOnly(store, worker);
    const before = JSON.stringify(await snapshot(store, runId, lease));
    spoil(run);
    spoil(arrivals);
    spoil((await snapshot(store, runId, lease)) as object);
    spoil((await store.listRuns({ limit: 9 })).items);
    spoil(await store.listWorkers());
    expect(JSON.stringify(await snapshot(store, runId, lease))).toBe(before);
    expect((await store.listWorkers())[0]?.workerId).toBe(worker);
  });

  testWithFault(
    'a failing store writes nothing of the batch, and goes on when it recovers',
    async (opened, fail) => {
      const { store } = opened;
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(
        store,
        worker,
        {},
        { timers: [sleepTimer('old', NOW)] },
      );
      const suspended = await startHeld(store, worker);
      const before = await snapshot(store, runId, lease);
      const created = creation();
      const batch = [
        advance(suspended.lease, 1, { release: 'suspend' as const }),
        cancellation(runId),
        advance(lease, 1, {
          clearTimers: ['old'],
          timers: [sleepTimer('new', NOW)],
          run: { status: 'suspended' as const, updatedAt: NOW + 1 },
          events: [mark('a')],
        }),
        created,
      ];
      const repair = fail();
      await expect(store.commit(batch)).rejects.toSatisfy((error) => PyWorkflowError.is(error));
      repair();
      expect(await snapshot(store, runId, lease)).toEqual(before);
      expect(await store.getRun(created.run.runId)).toBeNull();
      expect((await store.commit(batch)).map((result) => result.outcome)).toEqual(
        batch.map(() => 'committed'),
      );
      expect(await sequencesOf(store, runId)).toEqual([1, 2]);
    },
  );
}

/** Releases the run and claims it anew. */
async function claimLater(
  store: Parameters<typeof claimOnly>[0],
  lease: Parameters<typeof advance>[0],
  sequence: number,
) {
  await store.commit([advance(lease, sequence, { release: 'suspend' }), cancellation(lease.runId)]);
  return claimOnly(store, lease.workerId);
}
