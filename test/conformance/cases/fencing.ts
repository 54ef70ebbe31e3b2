import { expect, test } from 'vitest';
import type { Lease, Store } from '../../../src/storage/store.ts';
import {
  advance,
  cancellation,
  claimedIds,
  claimOnly,
  commitOne,
  hookRecord,
  LEASE_MS,
  mark,
  NOW,
  newWorker,
  numbers,
  sequencesOf,
  sleepTimer,
  snapshot,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

/** After every worker registered at NOW has expired. */
const LATER = NOW + LEASE_MS + 1;

export function fencingCases({ fresh }: Harness): void {
  /** A run that one worker holds, and that another one has taken from it by force. */
  async function takenOver() {
    const { store, other } = await fresh();
    const dead = await newWorker(store);
    const heir = await newWorker(other, { expiresAt: LATER + LEASE_MS });
    const timers = [sleepTimer('old', NOW)];
    const { runId, lease } = await startHeld(store, dead, {}, { timers });
    await commitOne(
      store,
      advance(lease, 1, { events: [mark('before')], hooks: [hookRecord(runId)] }),
    );
    const claim = await claimOnly(other, heir, { now: LATER });
    return { store, other, dead, heir, runId, stale: lease, claim };
  }

  function everything(lease: Lease, sequence: number) {
    return advance(lease, sequence, {
      events: [mark('stale')],
      run: { status: 'completed', updatedAt: NOW + 1, completedAt: NOW + 1 },
      timers: [sleepTimer('new', NOW)],
      clearTimers: ['old'],
      hooks: [hookRecord(lease.runId, { hookId: 'second' })],
      expireHooks: ['approval'],
      inboxThrough: Number.MAX_SAFE_INTEGER,
      release: 'suspend',
    });
  }

  test('who has lost a run writes nothing of it', async () => {
    const { store, other, runId, stale, claim } = await takenOver();
    await other.commit([cancellation(runId)]);
    const before = await snapshot(store, runId, claim.lease);
    expect(await commitOne(store, everything(stale, 2))).toEqual({ outcome: 'lease_lost' });
    expect(await commitOne(store, everything(stale, 2))).toEqual({ outcome: 'lease_lost' });
    expect(await snapshot(store, runId, claim.lease)).toEqual(before);
    expect(await commitOne(other, everything(claim.lease, 2))).toEqual({
      outcome: 'committed',
      released: true,
    });
  });

  test('who has lost a run still writes the others of the batch', async () => {
    const { store, heir, runId, stale } = await takenOver();
    const good = await startHeld(store, heir);
    const better = await startHeld(store, heir);
    expect(
      await store.commit([
        advance(good.lease, 1, { events: [mark('good')] }),
        everything(stale, 2),
        advance(better.lease, 1, { events: [mark('better')] }),
      ]),
    ).toEqual([{ outcome: 'committed' }, { outcome: 'lease_lost' }, { outcome: 'committed' }]);
    expect(await sequencesOf(store, runId)).toEqual([1, 2]);
    expect(await sequencesOf(store, good.runId)).toEqual([1, 2]);
    expect(await sequencesOf(store, better.runId)).toEqual([1, 2]);
  });

  test('the runs a slow worker still holds stay its own', async () => {
    const { store, other } = await fresh();
    const slow = await newWorker(store);
    const heir = await newWorker(other, { expiresAt: LATER + LEASE_MS });
    const lost = await startHeld(store, slow);
    const kept = await startHeld(store, slow);
    const claims = await claimedIds(other, heir, { now: LATER, limit: 1 });
    expect(claims).toHaveLength(1);
    for (const { runId, lease } of [lost, kept]) {
      const outcome = claims.includes(runId) ? 'lease_lost' : 'committed';
      for (const sequence of [1, 2]) {
        const write = advance(lease, sequence, { events: [mark('on')] });
        expect((await commitOne(store, write)).outcome).toBe(outcome);
      }
    }
  });

  test('the heir goes on where the dead one stopped', async () => {
    const { store, other, dead, runId, claim } = await takenOver();
    expect(claim).toMatchObject({ sequence: 2, lostBy: dead, run: { runId } });
    expect(claim.arrivals).toEqual({ inbox: [], dueTimers: [sleepTimer('old', NOW)] });
    await commitOne(other, advance(claim.lease, 2, { events: [mark('on')] }));
    expect(await sequencesOf(store, runId)).toEqual(numbers(3));
  });

  test('getting a run back does not revive the lease that was lost', async () => {
    const { store, other, dead, heir, runId, stale } = await takenOver();
    const again = await claimOnly(store, dead, { now: NOW, deadWorkers: [heir] });
    expect(again).toMatchObject({ lostBy: heir, run: { runId } });
    expect(await commitOne(store, advance(stale, 2, { events: [mark('stale')] }))).toEqual({
      outcome: 'lease_lost',
    });
    expect(await commitOne(store, advance(again.lease, 2, { events: [mark('on')] }))).toEqual({
      outcome: 'committed',
    });
    expect(await claimedIds(other, heir, { now: NOW })).toEqual([]);
  });

  test('a lease given back is over, also after the same worker claimed anew', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    await commitOne(store, advance(lease, 1, { release: 'suspend' }));
    expect(await commitOne(store, advance(lease, 1))).toEqual({ outcome: 'lease_lost' });
    await commitOne(other, cancellation(runId));
    const claim = await claimOnly(store, worker);
    expect(await commitOne(store, advance(lease, 1))).toEqual({ outcome: 'lease_lost' });
    expect(await commitOne(store, advance(claim.lease, 1))).toEqual({ outcome: 'committed' });
  });

  test('a worker that was removed has lost what it held, claimed by another or not', async () => {
    const { store, other } = await fresh();
    const leaving = await newWorker(store);
    const staying = await newWorker(other);
    const first = await startHeld(store, leaving);
    const second = await startHeld(store, leaving);
    const untouched = await startHeld(other, staying);
    await other.removeWorker(leaving);
    expect(await commitOne(store, advance(first.lease, 1, { events: [mark('no')] }))).toEqual({
      outcome: 'lease_lost',
    });
    const claims = await other.claim({
      workerId: staying,
      now: NOW,
      limit: 10,
      workflows: null,
      scope: 'all',
      runIds: [],
      deadWorkers: [],
    });
    expect(claims.map((claim) => claim.run.runId).sort()).toEqual(
      [first.runId, second.runId].sort(),
    );
    expect(claims.map((claim) => claim.lostBy)).toEqual([null, null]);
    expect(await commitOne(store, advance(second.lease, 1, { events: [mark('no')] }))).toEqual({
      outcome: 'lease_lost',
    });
    expect((await commitOne(other, advance(untouched.lease, 1))).outcome).toBe('committed');
  });

  test('who has lost a run is not told of its arrivals', async () => {
    const { store, other, dead, heir, runId } = await takenOver();
    await commitOne(other, cancellation(runId));
    expect(await store.heldRunsWithArrivals(dead, LATER)).toEqual([]);
    expect(await other.heldRunsWithArrivals(heir, LATER)).toEqual([runId]);
  });

  test('every claim raises the epoch', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    let held: { store: Store; lease: Lease } = { store, lease };
    for (const taker of [other, store, other]) {
      await commitOne(held.store, advance(held.lease, 1, { release: 'suspend' }));
      await commitOne(taker, cancellation(runId));
      const claim = await claimOnly(taker, worker);
      expect(claim.lease.epoch).toBeGreaterThan(held.lease.epoch);
      expect(claim.lostBy).toBeNull();
      await commitOne(taker, advance(claim.lease, 1, { inboxThrough: Number.MAX_SAFE_INTEGER }));
      held = { store: taker, lease: claim.lease };
    }
  });
}
