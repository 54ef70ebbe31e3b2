import { expect, test } from 'vitest';
import type { RunStatus } from '../../../src/core/run.ts';
import type { Gate } from '../../../src/storage/commit.ts';
import type { Lease, Store } from '../../../src/storage/store.ts';
import {
  advance,
  claimedIds,
  claimRequest,
  commitOne,
  creation,
  ending,
  gate,
  gatedCreation,
  newWorker,
  numbers,
  startFree,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const WAITING = { outcome: 'committed', waiting: true };

/** Who is admitted when places become free, and that nobody is forgotten. */
export function gateQueueCases({ fresh, testWithFault }: Harness): void {
  /** Claims everything that may run, and remembers the leases by run. */
  async function crew(store: Store) {
    const workerId = await newWorker(store);
    const leases = new Map<string, Lease>();
    return {
      /** What has become claimable since. */
      async take(through: Store = store): Promise<string[]> {
        const claims = await through.claim(claimRequest(workerId));
        for (const { lease } of claims) leases.set(lease.runId, lease);
        return claims.map((claim) => claim.run.runId);
      },
      end: (runId: string, given: Parameters<typeof ending>[3] = {}, through: Store = store) =>
        commitOne(through, ending(leases.get(runId)!, 1, 'completed', given)),
      lease: (runId: string) => leases.get(runId)!,
    };
  }

  async function queue(store: Store, gates: readonly Gate[], ...runIds: string[]) {
    await store.commit(runIds.map((runId) => gatedCreation(runId, gates)));
  }

  test.each<RunStatus>(['completed', 'failed', 'cancelled', 'continued_as_new'])(
    'a run that is %s makes room for the one that has waited longest',
    async (status) => {
      const { store, other } = await fresh();
      const { take, lease } = await crew(store);
      await queue(store, [gate()], 'run_1', 'run_3', 'run_2');
      expect(await take()).toEqual(['run_1']);
      const result = await commitOne(store, ending(lease('run_1'), 1, status));
      expect(result).toEqual({ outcome: 'committed', released: true, wakes: true });
      expect(await take(other)).toEqual(['run_3']);
      expect(await store.readGates('run_1')).toEqual([]);
      expect(await store.readGates('run_2')).toMatchObject([{ holders: 1, heldBy: ['run_3'] }]);
      expect((await other.getRun('run_3'))?.status).toBe('pending');
    },
  );

  test('the end of a run that nobody waits for wakes nobody', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    await queue(store, [gate('wait', 3)], 'run_1', 'run_2');
    await take();
    expect(await end('run_1')).toEqual({ outcome: 'committed', released: true });
    await queue(store, [gate('wait', 3)], 'run_3', 'run_4', 'run_5');
    expect(await take()).toEqual(['run_3', 'run_4']);
  });

  test('of many that wait, each is admitted once, in order, as places become free', async () => {
    const { store, other } = await fresh();
    const { take, end } = await crew(store);
    const ids = numbers(40).map((index) => `run_${index}`);
    await queue(store, [gate('wait', 3)], ...ids);
    const seen = await take();
    expect(seen).toEqual(ids.slice(0, 3));
    for (let at = 0; at < ids.length; at++) {
      await end(ids[at]!, {}, at % 2 === 0 ? store : other);
      seen.push(...(await take(other)));
    }
    expect(seen).toEqual(ids);
    await queue(store, [gate('refuse', 3)], 'run_x');
    expect(await take()).toEqual(['run_x']);
  });

  test('a run that another gate blocks is passed over, and comes when that one opens', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    const all = gate('wait', 2, 'all');
    const of = (customer: string) => [all, gate('wait', 1, customer)];
    await queue(store, of('x'), 'x_1', 'x_2', 'x_3');
    await queue(store, of('y'), 'y_1', 'y_2');
    await queue(store, of('z'), 'z_1');
    expect(await take()).toEqual(['x_1', 'y_1']);
    await end('y_1');
    expect(await take()).toEqual(['y_2']);
    await end('y_2');
    expect(await take()).toEqual(['z_1']);
    await end('z_1');
    expect(await take()).toEqual([]);
    await end('x_1');
    expect(await take()).toEqual(['x_2']);
    await end('x_2');
    expect(await take()).toEqual(['x_3']);
  });

  test('of two gates that open at once, the older waiter comes first, whichever it stands at', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    const [a, b] = [gate('wait', 1, 'a'), gate('wait', 1, 'b')];
    await queue(store, [a, b], 'both');
    await queue(store, [b], 'older');
    await queue(store, [a, b], 'younger');
    await queue(store, [a], 'youngest');
    expect(await take()).toEqual(['both']);
    await end('both');
    expect(await take()).toEqual(['older', 'youngest']);
    await end('older');
    expect(await take()).toEqual([]);
    await end('youngest');
    expect(await take()).toEqual(['younger']);
  });

  test('one end admits several where it opens gates for several', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    const gates = ['a', 'b', 'c'].map((name) => gate('wait', 1, name));
    await queue(store, gates, 'all');
    for (const one of gates) await queue(store, [one], one.name, `${one.name}_later`);
    await take();
    await end('all');
    expect(await take()).toEqual(['a', 'b', 'c']);
  });

  test('whoever joins one gate still waits for the other', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    await queue(store, [gate('wait', 1, 'a')], 'at_a');
    await queue(store, [gate('wait', 1, 'b')], 'at_b');
    await queue(store, [gate('join', 1, 'a'), gate('wait', 1, 'b')], 'joins_a');
    await take();
    await end('at_b');
    expect(await take()).toEqual(['joins_a']);
    expect(await store.readGates('at_a')).toMatchObject([{ holders: 2, waiting: 0 }]);
  });

  test('a raised limit holds for those who wait already, a lowered one as well', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    await queue(store, [gate('wait', 1)], 'run_1', 'run_2', 'run_3', 'run_4', 'run_5');
    expect(await take()).toEqual(['run_1']);
    await queue(store, [gate('wait', 4)], 'run_6');
    expect((await take()).toSorted()).toEqual(['run_2', 'run_3', 'run_6']);
    expect(await store.readGates('run_5')).toMatchObject([{ limit: 4, holders: 4, waiting: 2 }]);
    await queue(store, [gate('wait', 2)], 'run_7');
    await end('run_1');
    await end('run_2');
    expect(await take()).toEqual([]);
    await end('run_3');
    expect(await take()).toEqual(['run_4']);
  });

  test('a refused run does not change the limit', async () => {
    const { store } = await fresh();
    await queue(store, [gate('wait', 2)], 'run_1', 'run_2');
    await queue(store, [gate('refuse', 1)], 'run_3');
    expect(await store.readGates('run_1')).toMatchObject([{ limit: 2, holders: 2 }]);
  });

  test('a successor goes on in its predecessor’s place, before all who wait', async () => {
    const { store, other } = await fresh();
    const { take, end } = await crew(store);
    const gates = [gate(), gate('refuse', 1, 'singleton')];
    await commitOne(store, gatedCreation('first', gates));
    await queue(store, [gate()], 'waiter');
    await take();
    // What it asks for itself does not count: it would find the gates full.
    const successor = gatedCreation('second', gates, { continuedFromRunId: 'first' });
    const run = { status: 'continued_as_new' as const, updatedAt: 1, continuedToRunId: 'second' };
    await end('first', { run, creates: [successor] });
    expect(await take(other)).toEqual(['second']);
    expect(await store.readGates('first')).toEqual([]);
    expect(await store.readGates('second')).toMatchObject([
      { name: 'singleton', held: true, heldBy: ['second'] },
      { name: 'workflow:order', held: true, holders: 1, waiting: 1 },
    ]);
    await end('second');
    expect(await take()).toEqual(['waiter']);
    expect(await commitOne(store, gatedCreation('third', [gates[1]!]))).toEqual({
      outcome: 'committed',
    });
  });

  test('a place is handed on through a long chain', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    await queue(store, [gate()], 'link_0', 'waiter');
    for (const index of numbers(5)) {
      expect(await take()).toEqual([`link_${index - 1}`]);
      const continuedFromRunId = `link_${index - 1}`;
      const successor = creation({ runId: `link_${index}`, continuedFromRunId });
      await end(continuedFromRunId, {
        run: { status: 'continued_as_new', updatedAt: 1 },
        creates: [successor],
      });
    }
    expect(await take()).toEqual(['link_5']);
    await end('link_5');
    expect(await take()).toEqual(['waiter']);
  });

  test('a child of a run that ends is no successor: it waits for the place, and gets it', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    await queue(store, [gate()], 'parent');
    await take();
    const child = gatedCreation('child', [gate()], { parentRunId: 'parent' });
    await end('parent', { creates: [child] });
    expect(await take()).toEqual(['child']);
  });

  test('a successor that exists already takes no place: it is free', async () => {
    const { store } = await fresh();
    const { take, end } = await crew(store);
    await queue(store, [gate()], 'first', 'waiter');
    await startFree(store, { runId: 'second' }, { attention: 'waiting' });
    await take();
    const successor = creation({ runId: 'second', continuedFromRunId: 'first' });
    await end('first', { creates: [successor] });
    expect(await take()).toEqual(['waiter']);
  });

  test('of many who come to a gate at once, as many enter as it has places', async () => {
    const { store, other } = await fresh();
    const writes = numbers(16).map((index) => gatedCreation(`run_${index}`, [gate('wait', 3)]));
    const results = await Promise.all(
      writes.map((write, index) => commitOne(index % 2 === 0 ? store : other, write)),
    );
    expect(results.filter((result) => 'waiting' in result)).toHaveLength(13);
    expect(await (await crew(store)).take()).toHaveLength(3);
  });

  test('of many who come to a gate that refuses, one enters; the others learn its id', async () => {
    const { store, other } = await fresh();
    const writes = numbers(12).map((index) => gatedCreation(`run_${index}`, [gate('refuse')]));
    const results = await Promise.all(
      writes.map((write, index) => commitOne(index % 2 === 0 ? store : other, write)),
    );
    const [winner] = await (await crew(store)).take();
    expect(results.filter((result) => result.outcome === 'gate_full')).toEqual(
      numbers(11).map(() => ({ outcome: 'gate_full', gate: 'workflow:order', runId: winner })),
    );
    expect((await store.listRuns({ limit: 100 })).items).toHaveLength(1);
  });

  test('an arrival and an end that meet: nobody is left in front of an open gate', async () => {
    const { store, other } = await fresh();
    const { take, end } = await crew(store);
    await queue(store, [gate()], 'run_0');
    await take();
    for (const round of numbers(12)) {
      const arrival = () => commitOne(other, gatedCreation(`run_${round}`));
      const departure = () => end(`run_${round - 1}`);
      const both = round % 2 === 0 ? [arrival(), departure()] : [departure(), arrival()];
      await Promise.all(both);
      expect(await take()).toEqual([`run_${round}`]);
    }
  });

  test('ends that meet admit as many as there are places', async () => {
    const { store, other } = await fresh();
    const { take, end } = await crew(store);
    const ids = numbers(12).map((index) => `run_${index}`);
    await queue(store, [gate('wait', 4), gate('wait', 5, 'wider')], ...ids);
    expect(await take()).toEqual(ids.slice(0, 4));
    await Promise.all(
      ids.slice(0, 4).map((runId, index) => end(runId, {}, index % 2 === 0 ? store : other)),
    );
    expect(await take()).toEqual(ids.slice(4, 8));
    expect(await store.readGates('run_12')).toMatchObject([{ holders: 4 }, { holders: 4 }]);
  });

  test('a lost lease releases no place', async () => {
    const { store } = await fresh();
    const { take, lease } = await crew(store);
    await queue(store, [gate()], 'run_1', 'run_2');
    await take();
    await store.removeWorker(lease('run_1').workerId);
    expect(await commitOne(store, ending(lease('run_1')))).toEqual({ outcome: 'lease_lost' });
    const heir = await newWorker(store);
    expect(await claimedIds(store, heir)).toEqual(['run_1']);
    expect(await claimedIds(store, heir)).toEqual([]);
  });

  test('a conflict at the end releases no place', async () => {
    const { store } = await fresh();
    const { take, lease } = await crew(store);
    await queue(store, [gate()], 'run_1', 'run_2');
    await take();
    expect(await commitOne(store, ending(lease('run_1'), 7))).toEqual({ outcome: 'conflict' });
    expect(await take()).toEqual([]);
  });

  test('within a batch, a later write sees the place that an earlier one has left', async () => {
    const { store } = await fresh();
    const { take, lease } = await crew(store);
    await queue(store, [gate()], 'run_1');
    await take();
    const refuse = (runId: string) => gatedCreation(runId, [gate('refuse')]);
    const results = await store.commit([refuse('run_2'), ending(lease('run_1')), refuse('run_3')]);
    expect(results.map((result) => result.outcome)).toEqual([
      'gate_full',
      'committed',
      'committed',
    ]);
    expect(await take()).toEqual(['run_3']);
  });

  testWithFault(
    'a failing end keeps its place, and nobody is admitted',
    async ({ store }, fail) => {
      const { take, end } = await crew(store);
      await queue(store, [gate()], 'run_1', 'run_2');
      await take();
      const repair = fail();
      await expect(end('run_1')).rejects.toThrow();
      // Without events of its own, it fails only at what it creates, when the place is passed on.
      const successor = creation({ runId: 'next', continuedFromRunId: 'run_1' });
      await expect(end('run_1', { events: [], creates: [successor] })).rejects.toThrow();
      repair();
      expect(await take()).toEqual([]);
      expect(await store.readGates('run_1')).toMatchObject([{ held: true, heldBy: ['run_1'] }]);
      await end('run_1');
      expect(await take()).toEqual(['run_2']);
    },
  );

  test('a run that is created finished stands at no gate', async () => {
    const { store } = await fresh();
    const finished = gatedCreation('run_1', [gate()], { status: 'completed' });
    await commitOne(store, { ...finished, attention: 'waiting' });
    expect(await store.readGates('run_1')).toEqual([]);
    expect(await commitOne(store, gatedCreation('run_2'))).toEqual({ outcome: 'committed' });
    expect(await commitOne(store, gatedCreation('run_3'))).toEqual(WAITING);
    expect(await claimedIds(store, await newWorker(store))).toEqual(['run_2']);
  });

  test('a suspended holder and its gate know nothing of an advance that does not end it', async () => {
    const { store } = await fresh();
    const { take, lease } = await crew(store);
    await queue(store, [gate()], 'run_1', 'run_2');
    await take();
    for (const status of ['running', 'suspended', 'interrupted'] as const) {
      await commitOne(store, advance(lease('run_1'), 1, { run: { status, updatedAt: 1 } }));
    }
    expect(await take()).toEqual([]);
  });
}
