import { expect, test } from 'vitest';
import type { Claim, Store } from '../../../src/storage/store.ts';
import {
  advance,
  cancellation,
  claimedIds,
  claimOnly,
  claimRequest,
  commitOne,
  creation,
  hookRecord,
  LEASE_MS,
  mark,
  NOW,
  newWorker,
  numbers,
  payloadFor,
  sequencesOf,
  sleepTimer,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const LATER = NOW + LEASE_MS + 1;

export function raceCases({ fresh }: Harness): void {
  async function crowd(count: number) {
    const { store, other } = await fresh();
    const members = [];
    for (const index of numbers(count)) {
      const through: Store = index % 2 === 0 ? store : other;
      const workerId = await newWorker(through, { expiresAt: LATER + LEASE_MS });
      members.push({ through, workerId });
    }
    return { store, other, members };
  }

  test.each([
    ['new', {}],
    ['with a due timer', { attention: 'waiting' as const, timers: [sleepTimer('nap', NOW)] }],
  ])('of many who claim a run %s, one wins', async (_name, given) => {
    const { store, members } = await crowd(8);
    const runId = await startFree(store, {}, given);
    const won = await Promise.all(
      members.map(({ through, workerId }) => claimedIds(through, workerId)),
    );
    expect(won.flat()).toEqual([runId]);
  });

  test('of many who claim a dead worker’s run, one wins', async () => {
    const { store, members } = await crowd(8);
    const dead = await newWorker(store);
    const { runId } = await startHeld(store, dead);
    const won = await Promise.all(
      members.map(({ through, workerId }) => claimedIds(through, workerId, { now: LATER })),
    );
    expect(won.flat()).toEqual([runId]);
  });

  test('many workers share the runs out: each gets its own, none is left (inventory 11.11)', async () => {
    const { store, members } = await crowd(6);
    const created = numbers(30).map(() => creation());
    await store.commit(created);
    const taken: string[] = [];
    for (let round = 0; round < 3; round++) {
      const claims = await Promise.all(
        members.map(({ through, workerId }) => claimedIds(through, workerId, { limit: 2 })),
      );
      for (const ids of claims) expect(ids.length).toBeLessThanOrEqual(2);
      taken.push(...claims.flat());
    }
    expect(taken.toSorted()).toEqual(created.map((write) => write.run.runId).toSorted());
  });

  test('of many who create a run with one key, one does; the others learn its id (inventory 11.6)', async () => {
    const { store, other } = await fresh();
    const writes = numbers(12).map(() => creation({ idempotencyKey: 'key' }));
    const results = await Promise.all(
      writes.map((write, index) => commitOne(index % 2 === 0 ? store : other, write)),
    );
    const winners = writes.filter((_, index) => results[index]?.outcome === 'committed');
    expect(winners).toHaveLength(1);
    const runId = winners[0]?.run.runId;
    const losers = results.filter((result) => result.outcome !== 'committed');
    expect(losers).toEqual(numbers(11).map(() => ({ outcome: 'exists', runId })));
    expect((await store.listRuns({ limit: 100 })).items).toHaveLength(1);
  });

  test('of many who take the key of a failed run, one does; the others learn its id', async () => {
    const { store, other } = await fresh();
    const failed = { idempotencyKey: 'key', status: 'failed' as const };
    const takesKeyFrom = await startFree(store, failed, { attention: 'waiting' });
    const writes = numbers(8).map(() => creation({ idempotencyKey: 'key' }, { takesKeyFrom }));
    const results = await Promise.all(
      writes.map((write, index) => commitOne(index % 2 === 0 ? store : other, write)),
    );
    const winner = writes[results.findIndex((result) => result.outcome === 'committed')];
    expect(results.filter((result) => result.outcome === 'exists')).toEqual(
      numbers(7).map(() => ({ outcome: 'exists', runId: winner?.run.runId })),
    );
    expect((await other.getRunByKey('order', 'key'))?.runId).toBe(winner?.run.runId);
  });

  test('of many who create a run with one id, one does', async () => {
    const { store, other } = await fresh();
    const writes = numbers(12).map((input) => creation({ runId: 'run_same', input }));
    const results = await Promise.all(
      writes.map((write, index) => commitOne(index % 2 === 0 ? store : other, write)),
    );
    const winner = results.findIndex((result) => result.outcome === 'committed');
    expect(results.filter((result) => result.outcome === 'exists')).toHaveLength(11);
    expect((await other.getRun('run_same'))?.input).toBe(writes[winner]?.run.input);
    expect(await sequencesOf(other, 'run_same')).toEqual([1]);
  });

  test('of many payloads for a hook, one is taken and the others are refused (inventory 11.6)', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const { runId } = await startHeld(store, worker);
    const free = await startFree(
      store,
      { runId: 'run_hooked' },
      { hooks: [hookRecord('run_hooked')] },
    );
    const results = await Promise.all(
      numbers(12).map((payload) =>
        commitOne(payload % 2 === 0 ? store : other, payloadFor(free, payload)),
      ),
    );
    const winner = results.findIndex((result) => result.outcome === 'committed');
    expect(results.filter((result) => result.outcome === 'committed')).toHaveLength(1);
    expect(results.filter((result) => result.outcome === 'refused')).toEqual(
      numbers(11).map(() => ({ outcome: 'refused', status: 'received' })),
    );
    expect(await store.getHook(free, 'approval')).toMatchObject({
      status: 'received',
      payload: winner + 1,
    });
    const claims = await other.claim(claimRequest(worker, { workflows: ['order'] }));
    const claim = claims.find((found) => found.run.runId === free);
    expect(claim?.arrivals.inbox).toMatchObject([{ type: 'hook.received', payload: winner + 1 }]);
    expect(claims.some((found) => found.run.runId === runId)).toBe(false);
  });

  test('histories stay gapless while many write at once (inventory 11.6)', async () => {
    const { store, members } = await crowd(4);
    const runs = await Promise.all(
      members.flatMap((member) =>
        numbers(3).map(async () => ({
          ...member,
          ...(await startHeld(member.through, member.workerId)),
        })),
      ),
    );
    await Promise.all(
      runs.map(async ({ through, lease }) => {
        for (let sequence = 1; sequence < 21; sequence += 2) {
          const events = [mark(`${sequence}`), mark(`${sequence + 1}`)];
          const result = await commitOne(through, advance(lease, sequence, { events }));
          expect(result).toEqual({ outcome: 'committed' });
        }
      }),
    );
    for (const { runId } of runs) expect(await sequencesOf(store, runId)).toEqual(numbers(21));
  });

  test('no message is lost or doubled between a run that keeps suspending and many who write to it', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    const runId = await startFree(store, {}, { attention: 'waiting' });
    const reasons = numbers(60).map(String);
    const received: (string | null)[] = [];

    async function deliverAll(): Promise<void> {
      for (const reason of reasons) {
        expect((await commitOne(other, cancellation(runId, reason))).outcome).toBe('committed');
        if (Number(reason) % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }

    /** Takes what is there, until a release is granted. */
    async function drain({ lease, arrivals, sequence }: Claim): Promise<void> {
      let { inbox } = arrivals;
      let after = 0;
      let last = sequence;
      for (;;) {
        received.push(...inbox.map((entry) => (entry.type === 'cancel' ? entry.reason : 'odd')));
        after = inbox.at(-1)?.id ?? after;
        const write = advance(lease, last, {
          events: inbox.map((entry) => mark(`${entry.id}`)),
          inboxThrough: after,
          release: 'suspend',
        });
        const result = await commitOne(store, write);
        if (result.outcome !== 'committed') throw new Error(result.outcome);
        if (result.released === true) return;
        last += inbox.length;
        ({ inbox } = await store.readArrivals(lease, after, NOW));
        expect(inbox).not.toEqual([]);
      }
    }

    const delivering = deliverAll();
    while (received.length < reasons.length) {
      const claims = await store.claim(claimRequest(worker));
      for (const claim of claims) await drain(claim);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await delivering;
    expect(received).toEqual(reasons);
    expect(await store.claim(claimRequest(worker))).toEqual([]);
    expect(await sequencesOf(store, runId)).toEqual(numbers(61));
  });

  test('a claim and a removal of the same worker leave every run with one owner', async () => {
    const { store, other } = await fresh();
    const leaving = await newWorker(store);
    const staying = await newWorker(other);
    const runs = await Promise.all(numbers(5).map(() => startHeld(store, leaving)));
    const [, early] = await Promise.all([
      store.removeWorker(leaving),
      claimedIds(other, staying, { now: NOW }),
    ]);
    const late = await claimedIds(other, staying);
    expect([...early, ...late].toSorted()).toEqual(runs.map((run) => run.runId).toSorted());
    for (const { lease } of runs) {
      expect(await commitOne(store, advance(lease, 1))).toEqual({ outcome: 'lease_lost' });
    }
  });

  test('a wake-up around a release is never lost, whichever comes first', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    for (let round = 0; round < 10; round++) {
      const { runId, lease } = await startHeld(store, worker);
      const release = () => commitOne(store, advance(lease, 1, { release: 'suspend' }));
      const wake = () => commitOne(other, cancellation(runId));
      const both = round % 2 === 0 ? [release(), wake()] : [wake(), release()];
      const results = await Promise.all(both);
      const released = results.some((result) => 'released' in result && result.released);
      if (released) {
        expect((await claimOnly(store, worker)).arrivals.inbox).toHaveLength(1);
      } else {
        expect(await store.heldRunsWithArrivals(worker, NOW)).toContain(runId);
        expect(await claimedIds(store, worker)).toEqual([]);
      }
    }
  });
}
