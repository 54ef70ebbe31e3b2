import { expect, test } from 'vitest';
import {
  advance,
  claimOnly,
  commitOne,
  creation,
  hookRecord,
  mark,
  NOW,
  newWorker,
  payloadFor,
  sleepTimer,
  snapshot,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function hookCases({ fresh }: Harness): void {
  test('a hook is read back as it was written', async () => {
    const { store, other } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const full = hookRecord(runId, {
      hookId: 'approval#2',
      name: 'approval',
      token: `${runId}:approval#2:token`,
      createdAt: NOW + 1,
      expiresAt: NOW + 2,
      payloadSchema: { type: 'object', properties: { ok: { type: 'boolean' } } },
    });
    await commitOne(store, advance(lease, 1, { hooks: [full, hookRecord(runId)] }));
    expect(await other.getHook(runId, 'approval#2')).toEqual(full);
    expect(await other.getHook(runId, 'approval')).toEqual(hookRecord(runId));
    expect(await other.getHook(runId, 'other')).toBeNull();
  });

  test.each([[{}], [true], [false], [null]])(
    'the payload schema %j is kept',
    async (payloadSchema) => {
      const { store } = await fresh();
      const runId = await startFree(
        store,
        { runId: 'run_a' },
        { hooks: [hookRecord('run_a', { payloadSchema })] },
      );
      expect((await store.getHook(runId, 'approval'))?.payloadSchema).toEqual(payloadSchema);
    },
  );

  test('hooks of different runs do not mix, whatever they are called', async () => {
    const { store } = await fresh();
    await startFree(store, { runId: 'run_a' }, { hooks: [hookRecord('run_a', { name: 'a' })] });
    await startFree(store, { runId: 'run_b' }, { hooks: [hookRecord('run_b', { name: 'b' })] });
    await commitOne(store, payloadFor('run_a', 1));
    expect(await store.getHook('run_a', 'approval')).toMatchObject({
      name: 'a',
      status: 'received',
    });
    expect(await store.getHook('run_b', 'approval')).toMatchObject({
      name: 'b',
      status: 'pending',
    });
  });

  test('a payload is taken once', async () => {
    const { store, other } = await fresh();
    await startFree(store, { runId: 'run_a' }, { hooks: [hookRecord('run_a')] });
    expect(await commitOne(store, payloadFor('run_a', 'first', 'approval', NOW + 5))).toEqual({
      outcome: 'committed',
    });
    const received = await other.getHook('run_a', 'approval');
    expect(received).toEqual(
      hookRecord('run_a', { status: 'received', receivedAt: NOW + 5, payload: 'first' }),
    );
    expect(await commitOne(other, payloadFor('run_a', 'second'))).toEqual({
      outcome: 'refused',
      status: 'received',
    });
    expect(await store.getHook('run_a', 'approval')).toEqual(received);
  });

  test('two payloads in one batch: the first is taken', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    await startFree(store, { runId: 'run_a' }, { hooks: [hookRecord('run_a')] });
    expect(await store.commit([payloadFor('run_a', 1), payloadFor('run_a', 2)])).toEqual([
      { outcome: 'committed' },
      { outcome: 'refused', status: 'received' },
    ]);
    expect((await claimOnly(store, worker)).arrivals.inbox).toMatchObject([{ payload: 1 }]);
  });

  test('a hook created in a batch can be answered in it', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    expect(
      await store.commit([
        advance(lease, 1, { hooks: [hookRecord(runId)], release: 'suspend' }),
        payloadFor(runId, 1),
      ]),
    ).toEqual([{ outcome: 'committed', released: true }, { outcome: 'committed' }]);
  });

  test('there is no delivering to a hook that does not exist', async () => {
    const { store } = await fresh();
    const runId = await startFree(store, {}, { attention: 'waiting' });
    expect(await commitOne(store, payloadFor(runId, 1))).toEqual({ outcome: 'not_found' });
  });

  test('from the instant it expires, a hook takes nothing, even before anybody marks it', async () => {
    const { store, other } = await fresh();
    const hooks = [hookRecord('run_a', { expiresAt: NOW })];
    await startFree(store, { runId: 'run_a' }, { hooks, attention: 'waiting' });
    for (const now of [NOW, NOW + 1]) {
      expect(await commitOne(other, payloadFor('run_a', 1, 'approval', now))).toEqual({
        outcome: 'refused',
        status: 'expired',
      });
    }
    expect((await store.getHook('run_a', 'approval'))?.status).toBe('pending');
    expect(await commitOne(other, payloadFor('run_a', 1, 'approval', NOW - 1))).toEqual({
      outcome: 'committed',
    });
  });

  test('an expired hook takes nothing', async () => {
    const { store, other } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    await commitOne(store, advance(lease, 1, { hooks: [hookRecord(runId)] }));
    const expire = advance(lease, 1, { events: [mark('expired')], expireHooks: ['approval'] });
    expect(await commitOne(store, expire)).toEqual({ outcome: 'committed' });
    expect(await store.getHook(runId, 'approval')).toEqual(
      hookRecord(runId, { status: 'expired' }),
    );
    expect(await commitOne(other, payloadFor(runId, 1))).toEqual({
      outcome: 'refused',
      status: 'expired',
    });
  });

  test.each(['received', 'expired', 'unknown'])(
    'expiring a hook that is %s refuses the whole write',
    async (state) => {
      const { store, other } = await fresh();
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(
        store,
        worker,
        {},
        { timers: [sleepTimer('approval', NOW)] },
      );
      const pending = hookRecord(runId, { hookId: 'pending' });
      const hooks = state === 'unknown' ? [pending] : [pending, hookRecord(runId)];
      await commitOne(store, advance(lease, 1, { hooks }));
      if (state === 'received') await commitOne(other, payloadFor(runId, 1));
      if (state === 'expired')
        await commitOne(store, advance(lease, 1, { expireHooks: ['approval'] }));
      const before = await snapshot(store, runId, lease);
      const write = advance(lease, 1, {
        events: [mark('expired')],
        run: { status: 'suspended', updatedAt: NOW + 1 },
        expireHooks: ['pending', 'approval'],
        clearTimers: ['approval'],
        timers: [sleepTimer('new', NOW)],
        inboxThrough: Number.MAX_SAFE_INTEGER,
        release: 'suspend',
      });
      expect(await commitOne(store, write)).toEqual({ outcome: 'conflict' });
      expect(await snapshot(store, runId, lease)).toEqual(before);
      expect((await commitOne(store, advance(lease, 1))).outcome).toBe('committed');
    },
  );

  test.each(['pending', 'received', 'expired'])(
    'a hook whose id the run has had, now %s, refuses the whole write',
    async (state) => {
      const { store, other } = await fresh();
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(store, worker);
      await commitOne(store, advance(lease, 1, { hooks: [hookRecord(runId)] }));
      if (state === 'received') await commitOne(other, payloadFor(runId, 1));
      if (state === 'expired') {
        await commitOne(store, advance(lease, 1, { expireHooks: ['approval'] }));
      }
      const before = await snapshot(store, runId, lease);
      const again = advance(lease, 1, {
        events: [mark('again')],
        timers: [sleepTimer('new', NOW)],
        hooks: [hookRecord(runId, { hookId: 'fresh' }), hookRecord(runId, { name: 'second' })],
        inboxThrough: Number.MAX_SAFE_INTEGER,
        release: 'suspend',
      });
      const neighbour = await startHeld(store, worker);
      const good = advance(neighbour.lease, 1, { events: [mark('good')] });
      expect(await store.commit([again, good])).toEqual([
        { outcome: 'conflict' },
        { outcome: 'committed' },
      ]);
      expect(await snapshot(store, runId, lease)).toEqual(before);
    },
  );

  test('the same hook twice in one write is a conflict, wherever it stands', async () => {
    const { store } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    const hooks = [hookRecord('any'), hookRecord('any', { hookId: 'b' }), hookRecord('any')];
    const made = creation({ runId: 'run_b' }, { hooks });
    const deep = { ...creation({ runId: 'run_a' }), creates: [made] };
    const writes = [
      advance(lease, 1, { events: [mark('a')], hooks }),
      advance(lease, 1, { events: [mark('a')], creates: [deep] }),
      made,
      deep,
    ];
    for (const write of writes) {
      expect(await commitOne(store, write)).toEqual({ outcome: 'conflict' });
    }
    for (const id of ['run_a', 'run_b']) expect(await store.getRun(id)).toBeNull();
    expect(await store.readEvents(runId)).toHaveLength(1);
    expect((await store.listHooks({ limit: 9 })).items).toEqual([]);
  });

  test('of expiry and payload in one batch, the first wins', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const expire = { expireHooks: ['approval'], events: [mark('expired')] };
    const first = await startHeld(
      store,
      worker,
      { runId: 'run_a' },
      { hooks: [hookRecord('run_a')] },
    );
    const second = await startHeld(
      store,
      worker,
      { runId: 'run_b' },
      { hooks: [hookRecord('run_b')] },
    );
    expect(
      await store.commit([
        advance(first.lease, 1, expire),
        payloadFor('run_a', 1),
        payloadFor('run_b', 1),
        advance(second.lease, 1, expire),
      ]),
    ).toEqual([
      { outcome: 'committed' },
      { outcome: 'refused', status: 'expired' },
      { outcome: 'committed' },
      { outcome: 'conflict' },
    ]);
  });
}
