import { expect, test } from 'vitest';
import type { Deliver } from '../../../src/storage/commit.ts';
import {
  advance,
  cancellation,
  childEnd,
  claimedIds,
  claimOnly,
  commitOne,
  hookRecord,
  mark,
  NOW,
  newWorker,
  numbers,
  payloadFor,
  resumption,
  sleepTimer,
  startFree,
  startHeld,
  termination,
  timerRequest,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function arrivalCases({ fresh }: Harness): void {
  test('there is nothing to deliver to a run that does not exist', async () => {
    const { store } = await fresh();
    expect(await commitOne(store, cancellation('run_unknown'))).toEqual({ outcome: 'not_found' });
    expect(await commitOne(store, payloadFor('run_unknown', 1))).toEqual({ outcome: 'not_found' });
  });

  test('a message makes a run claimable and waits in order of arrival', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const runId = await startFree(store, {}, { attention: 'waiting', hooks: [hookRecord('x')] });
    expect(await claimedIds(store, worker)).toEqual([]);
    await commitOne(other, payloadFor(runId, { n: 1 }, 'approval', NOW + 1));
    await commitOne(store, cancellation(runId, 'why'));
    await commitOne(other, resumption(runId));
    const { arrivals } = await claimOnly(store, worker);
    const ids = arrivals.inbox.map((entry) => entry.id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(3);
    expect(arrivals.inbox).toEqual([
      {
        id: ids[0],
        receivedAt: NOW + 1,
        type: 'hook.received',
        hookId: 'approval',
        payload: { n: 1 },
      },
      { id: ids[1], receivedAt: NOW, type: 'cancel', reason: 'why', requestedBy: 'test' },
      { id: ids[2], receivedAt: NOW, type: 'resume', requestedBy: 'test' },
    ]);
  });

  test('messages stay until a commit consumes them', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    for (const index of numbers(3)) await commitOne(other, cancellation(runId, `${index}`));
    const { inbox } = await store.readArrivals(lease, 0, NOW);
    expect(inbox).toHaveLength(3);
    expect((await store.readArrivals(lease, 0, NOW)).inbox).toEqual(inbox);
    expect((await store.readArrivals(lease, inbox[0]!.id, NOW)).inbox).toEqual(inbox.slice(1));
    await commitOne(store, advance(lease, 1, { inboxThrough: inbox[1]!.id }));
    expect((await store.readArrivals(lease, 0, NOW)).inbox).toEqual(inbox.slice(2));
    await commitOne(store, advance(lease, 1, { events: [mark('a')] }));
    expect((await store.readArrivals(lease, 0, NOW)).inbox).toEqual(inbox.slice(2));
  });

  test('consuming one run’s messages leaves those of others', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const first = await startHeld(store, worker);
    const second = await startHeld(store, worker);
    await commitOne(store, cancellation(second.runId));
    await commitOne(store, cancellation(first.runId));
    const inboxThrough = Number.MAX_SAFE_INTEGER;
    await commitOne(store, advance(first.lease, 1, { inboxThrough }));
    expect((await store.readArrivals(first.lease, 0, NOW)).inbox).toEqual([]);
    expect((await store.readArrivals(second.lease, 0, NOW)).inbox).toHaveLength(1);
  });

  test('a release is refused while a newer message waits, and granted after it', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    await commitOne(other, cancellation(runId));
    const { inbox } = await store.readArrivals(lease, 0, NOW);
    const through = inbox[0]!.id;
    await commitOne(other, resumption(runId));
    const suspend = {
      run: { status: 'suspended' as const, updatedAt: NOW },
      release: 'suspend' as const,
    };
    const first = advance(lease, 1, { ...suspend, events: [mark('a')], inboxThrough: through });
    expect(await commitOne(store, first)).toEqual({ outcome: 'committed', released: false });
    expect(await claimedIds(other, await newWorker(other))).toEqual([]);
    const rest = (await store.readArrivals(lease, through, NOW)).inbox;
    expect(rest).toMatchObject([{ type: 'resume' }]);
    const second = advance(lease, 2, { ...suspend, inboxThrough: rest[0]!.id });
    expect(await commitOne(store, second)).toEqual({ outcome: 'committed', released: true });
    expect(await claimedIds(store, worker)).toEqual([]);
  });

  test('a release without consuming is refused as long as there is a message', async () => {
    const { store, other } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    await commitOne(other, cancellation(runId));
    expect(await commitOne(store, advance(lease, 1, { release: 'suspend' }))).toEqual({
      outcome: 'committed',
      released: false,
    });
    expect(await commitOne(store, advance(lease, 1))).toEqual({ outcome: 'committed' });
  });

  test.each(['before', 'after'])(
    'a message in the batch of a release, %s it, wakes the run',
    async (order) => {
      const { store } = await fresh();
      const worker = await newWorker(store);
      const { runId, lease } = await startHeld(store, worker);
      const release = advance(lease, 1, { release: 'suspend' });
      const wake = cancellation(runId);
      if (order === 'before') {
        expect(await store.commit([wake, release])).toEqual([
          { outcome: 'committed' },
          { outcome: 'committed', released: false },
        ]);
        expect(await store.heldRunsWithArrivals(worker, NOW)).toEqual([runId]);
      } else {
        expect(await store.commit([release, wake])).toEqual([
          { outcome: 'committed', released: true },
          { outcome: 'committed' },
        ]);
        expect((await claimOnly(store, worker)).arrivals.inbox).toHaveLength(1);
      }
    },
  );

  test('a message to a claimed run does not make it claimable by others', async () => {
    const { store, other } = await fresh();
    const holder = await newWorker(store);
    const { runId } = await startHeld(store, holder);
    const bystander = await newWorker(other);
    await commitOne(other, cancellation(runId));
    expect(await claimedIds(other, bystander)).toEqual([]);
    expect(await store.heldRunsWithArrivals(holder, NOW)).toEqual([runId]);
    expect(await other.heldRunsWithArrivals(bystander, NOW)).toEqual([]);
  });

  test('held runs with arrivals: anything in the inbox or a due timer', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    await startHeld(store, worker);
    await startHeld(store, worker, {}, { timers: [sleepTimer('nap', NOW + 1)] });
    const due = await startHeld(store, worker, {}, { timers: [sleepTimer('nap', NOW)] });
    const written = await startHeld(store, worker);
    await commitOne(other, cancellation(written.runId));
    const found = await store.heldRunsWithArrivals(worker, NOW);
    expect(found.toSorted()).toEqual([due.runId, written.runId].toSorted());
    expect(await store.heldRunsWithArrivals(worker, NOW + 1)).toHaveLength(3);
  });

  /** A run that is parked by a commit which one more message was faster than. */
  async function parkedWith(before: (runId: string) => Deliver) {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const timers = [sleepTimer('nap', NOW)];
    const hooks = [hookRecord('any')];
    const { runId, lease } = await startHeld(store, worker, {}, { timers, hooks });
    await commitOne(other, before(runId));
    const run = { status: 'interrupted' as const, updatedAt: NOW };
    const park = advance(lease, 1, { run, release: 'park' });
    expect(await commitOne(store, park)).toEqual({ outcome: 'committed', released: true });
    return { store, other, worker, runId };
  }

  test.each([
    ['payload', (runId: string) => payloadFor(runId, 'unread')],
    ['child’s end', (runId: string) => childEnd(runId)],
  ])(
    'a parked run gives its lease back although a %s waits, and sleeps on',
    async (_name, write) => {
      const { store, other, worker } = await parkedWith(write);
      expect(await claimedIds(other, await newWorker(other), { now: NOW + 1_000 })).toEqual([]);
      expect(await store.nextTimer(timerRequest(worker, { after: 0 }))).toBeNull();
    },
  );

  test.each([
    ['cancellation', (runId: string) => cancellation(runId, 'unread')],
    ['termination', (runId: string) => termination(runId, 'unread')],
    ['resumption', (runId: string) => resumption(runId)],
  ])('a %s that arrives while a run is being parked is not lost', async (_name, write) => {
    const { other, runId } = await parkedWith(write);
    const heir = await newWorker(other);
    const claim = await claimOnly(other, heir);
    const { message } = write(runId);
    expect(claim.arrivals.inbox).toMatchObject([message]);
    expect(claim.run.status).toBe('interrupted');
    expect(await claimedIds(other, heir, { now: NOW + 1_000 })).toEqual([]);
  });

  test('what a parking commit has consumed does not rouse the run', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker, {}, { hooks: [hookRecord('any')] });
    await commitOne(other, resumption(runId));
    expect(await commitOne(other, payloadFor(runId, 1))).toEqual({ outcome: 'committed' });
    const { inbox } = await store.readArrivals(lease, 0, NOW);
    const run = { status: 'interrupted' as const, updatedAt: NOW };
    const inboxThrough = inbox[0]!.id;
    await commitOne(store, advance(lease, 1, { run, release: 'park', inboxThrough }));
    expect(await claimedIds(store, worker)).toEqual([]);
  });

  test.each(['suspended', 'running'] as const)(
    'a run that was %s and is not let go to sleep is running',
    async (status) => {
      const { store, other } = await fresh();
      const { runId, lease } = await startHeld(store, await newWorker(store), { status });
      await commitOne(other, cancellation(runId));
      const run = { status: 'suspended' as const, updatedAt: NOW + 5 };
      const suspend = advance(lease, 1, { run, release: 'suspend' });
      expect(await commitOne(store, suspend)).toEqual({ outcome: 'committed', released: false });
      expect(await store.getRun(runId)).toMatchObject({ status: 'running', updatedAt: NOW + 5 });
      const inboxThrough = Number.MAX_SAFE_INTEGER;
      await commitOne(store, { ...suspend, inboxThrough });
      expect((await store.getRun(runId))?.status).toBe('suspended');
    },
  );

  test('a message wakes a parked run, which finds everything that came before', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const timers = [sleepTimer('nap', NOW)];
    const { runId, lease } = await startHeld(store, worker, {}, { timers });
    await commitOne(other, cancellation(runId, 'unread'));
    const interrupted = { status: 'interrupted' as const, updatedAt: NOW };
    await commitOne(store, advance(lease, 1, { run: interrupted, release: 'park' }));
    expect(await commitOne(other, resumption(runId))).toEqual({ outcome: 'committed' });
    const claim = await claimOnly(store, worker);
    expect(claim.run.status).toBe('interrupted');
    expect(claim.arrivals.inbox).toMatchObject([{ type: 'cancel' }, { type: 'resume' }]);
    expect(claim.arrivals.dueTimers).toEqual(timers);
  });

  test('a dead holder’s messages are the heir’s', async () => {
    const { store, other } = await fresh();
    const dead = await newWorker(store, { expiresAt: NOW - 1 });
    const { runId } = await startHeld(store, dead);
    await commitOne(store, cancellation(runId, 'why'));
    const claim = await claimOnly(other, await newWorker(other));
    expect(claim.arrivals.inbox).toMatchObject([{ type: 'cancel', reason: 'why' }]);
  });
}
