import { expect, test } from 'vitest';
import type { RunStatus } from '../../../src/core/run.ts';
import {
  advance,
  cancellation,
  claimedIds,
  commitOne,
  creation,
  hookRecord,
  mark,
  NOW,
  newWorker,
  payloadFor,
  resumption,
  sleepTimer,
  snapshot,
  startHeld,
  timerRequest,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const FINISHED: readonly RunStatus[] = ['completed', 'failed', 'cancelled', 'continued_as_new'];
const FUTURE = NOW + 1_000_000;

export function finishCases({ fresh }: Harness): void {
  /** A run that has waited for everything there is to wait for, ended by one commit. */
  async function finished(status: RunStatus, given: Parameters<typeof advance>[2] = {}) {
    const { store } = await fresh();
    const worker = await newWorker(store, { expiresAt: NOW + 1 });
    const timers = [sleepTimer('due', NOW), sleepTimer('later', NOW + 10)];
    const { runId, lease } = await startHeld(store, worker, {}, { timers });
    const hooks = [
      hookRecord(runId),
      hookRecord(runId, { hookId: 'answered' }),
      hookRecord(runId, { hookId: 'expired' }),
    ];
    await commitOne(store, advance(lease, 1, { hooks }));
    await commitOne(store, advance(lease, 1, { expireHooks: ['expired'] }));
    await commitOne(store, payloadFor(runId, 'yes', 'answered'));
    const end = advance(lease, 1, {
      events: [mark('end')],
      run: { status, updatedAt: NOW + 2, completedAt: NOW + 2 },
      release: 'suspend',
      ...given,
    });
    const result = await commitOne(store, end);
    return { store, worker, runId, lease, result };
  }

  test.each(FINISHED)('a run that is %s waits for nothing any more', async (status) => {
    const { store, worker, runId, lease, result } = await finished(status);
    expect(result).toEqual({ outcome: 'committed', released: true });
    expect(await store.getRun(runId)).toMatchObject({ status, completedAt: NOW + 2 });
    expect(await store.readArrivals(lease, 0, FUTURE)).toEqual({ inbox: [], dueTimers: [] });
    expect(await store.nextTimer(timerRequest(worker, { after: 0 }))).toBeNull();
    expect((await store.getHook(runId, 'approval'))?.status).toBe('disposed');
    expect((await store.getHook(runId, 'answered'))?.status).toBe('received');
    expect((await store.getHook(runId, 'expired'))?.status).toBe('expired');
  });

  test.each(FINISHED)('a run that is %s never changes again', async (status) => {
    const { store, worker, runId, lease } = await finished(status);
    const before = await snapshot(store, runId, lease);
    const refused = { outcome: 'refused', status };
    expect(
      await store.commit([
        cancellation(runId),
        resumption(runId),
        payloadFor(runId, 1),
        payloadFor(runId, 1, 'unknown'),
        advance(lease, 2, {
          events: [mark('more')],
          run: { status: 'running', updatedAt: FUTURE },
        }),
        creation({ runId }),
      ]),
    ).toEqual([
      refused,
      refused,
      refused,
      refused,
      { outcome: 'lease_lost' },
      { outcome: 'exists', runId },
    ]);
    await store.removeWorker(worker);
    const heir = await newWorker(store);
    const everything = { now: FUTURE, runIds: [runId], deadWorkers: [worker] };
    expect(await claimedIds(store, heir, everything)).toEqual([]);
    expect(await snapshot(store, runId, lease)).toEqual(before);
  });

  test('a finishing write ends the lease even if it does not say so', async () => {
    const { store, runId, lease, result } = await finished('completed', { release: undefined });
    expect(result.outcome).toBe('committed');
    expect((await commitOne(store, advance(lease, 2, { events: [mark('more')] }))).outcome).toBe(
      'lease_lost',
    );
    const heir = await newWorker(store);
    expect(await claimedIds(store, heir, { now: FUTURE })).toEqual([]);
    expect(await store.readEvents(runId)).toHaveLength(2);
  });

  test('timers and hooks that a finishing write brings along are dropped, too', async () => {
    const { store, worker, runId } = await finished('failed', {
      timers: [sleepTimer('new', NOW + 5)],
      hooks: [hookRecord('any', { hookId: 'new' })],
    });
    expect(await store.nextTimer(timerRequest(worker, { after: 0 }))).toBeNull();
    expect((await store.getHook(runId, 'new'))?.status).toBe('disposed');
  });

  test('a run may be finished when it is created', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const write = creation(
      { status: 'completed', completedAt: NOW, startedAt: NOW },
      { workerId: worker, attention: 'waiting' },
    );
    await commitOne(store, write);
    expect(await store.getRun(write.run.runId)).toEqual(write.run);
    expect(await claimedIds(store, worker, { now: FUTURE })).toEqual([]);
    expect(await commitOne(store, cancellation(write.run.runId))).toEqual({
      outcome: 'refused',
      status: 'completed',
    });
  });

  test('an interrupted run is not finished', async () => {
    const { store, runId, lease, worker, result } = await finished('interrupted', {
      release: 'park',
    });
    expect(result).toEqual({ outcome: 'committed', released: true });
    expect((await store.readArrivals(lease, 0, NOW)).dueTimers).toHaveLength(1);
    expect((await store.getHook(runId, 'approval'))?.status).toBe('pending');
    expect(await commitOne(store, resumption(runId))).toEqual({ outcome: 'committed' });
    expect(await claimedIds(store, worker)).toEqual([runId]);
  });
}
