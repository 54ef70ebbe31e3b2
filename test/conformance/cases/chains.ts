import { expect, test } from 'vitest';
import type { WriteResult } from '../../../src/storage/commit.ts';
import {
  advance,
  cancellation,
  claimOnly,
  commitOne,
  creation,
  hookRecord,
  NOW,
  newWorker,
  numbers,
  payloadFor,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const COMMITTED = { outcome: 'committed' };

/** Messages to runs that have continued as new. */
export function chainCases({ fresh }: Harness): void {
  test('what goes to a run that has continued as new goes to the last of its chain', async () => {
    const { store, other } = await fresh();
    await chain(5);
    const hooks = [hookRecord('link_5')];
    await commitOne(store, { ...creation({ runId: 'link_5' }), attention: 'waiting', hooks });
    for (const runId of ['link_0', 'link_3', 'link_5']) {
      const follow = { ...cancellation(runId, runId), followChain: true };
      expect(await commitOne(other, follow)).toEqual(COMMITTED);
    }
    const answer = { ...payloadFor('link_1', 'yes'), followChain: true };
    expect(await commitOne(other, answer)).toEqual(COMMITTED);
    const { run, arrivals } = await claimOnly(store, await newWorker(store));
    expect(run.runId).toBe('link_5');
    expect(arrivals.inbox).toMatchObject([
      { reason: 'link_0' },
      { reason: 'link_3' },
      { reason: 'link_5' },
      { payload: 'yes' },
    ]);

    async function chain(length: number) {
      for (const index of numbers(length, 0)) {
        const continuedToRunId = `link_${index + 1}`;
        const run = { runId: `link_${index}`, status: 'continued_as_new' as const };
        await startFree(store, { ...run, continuedToRunId }, { attention: 'waiting' });
      }
    }
  });

  test('a run that has been asked to stop does not continue as new unasked', async () => {
    const { store, other } = await fresh();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    await commitOne(other, cancellation(runId, 'enough'));
    const next = creation({ runId: 'next', continuedFromRunId: runId });
    const run = { status: 'continued_as_new' as const, continuedToRunId: 'next', updatedAt: NOW };
    const write = advance(lease, 1, { run, creates: [next], release: 'suspend' });
    expect(await commitOne(store, write)).toEqual({ outcome: 'conflict' });
    expect(await store.getRun('next')).toBeNull();
    const [entry] = (await store.readArrivals(lease, 0, NOW)).inbox;
    const told = { ...write, inboxThrough: entry!.id };
    expect(await commitOne(store, told)).toMatchObject({ outcome: 'committed', released: true });
    expect((await store.getRun(runId))?.status).toBe('continued_as_new');
  });

  test.each([
    ['does not ask for it', {}, { outcome: 'refused', status: 'continued_as_new' }],
    ['asks for it', { followChain: true }, { outcome: 'refused', status: 'failed' }],
  ])('a chain that has ended takes nothing from one who %s', async (_name, given, refused) => {
    const { store } = await fresh();
    const first = { runId: 'run_1', status: 'continued_as_new' as const };
    const last = { runId: 'run_2', status: 'failed' as const, continuedToRunId: 'run_3' };
    await startFree(store, { ...first, continuedToRunId: 'run_2' }, { attention: 'waiting' });
    await startFree(store, last, { attention: 'waiting' });
    await startFree(store, { runId: 'run_3' }, { attention: 'waiting' });
    expect(await commitOne(store, { ...cancellation('run_1'), ...given })).toEqual(refused);
  });

  test('a chain whose next run is missing is not found; one without a next refuses', async () => {
    const { store } = await fresh();
    const status = 'continued_as_new' as const;
    const given = { attention: 'waiting' as const };
    await startFree(store, { runId: 'run_1', status, continuedToRunId: 'run_x' }, given);
    await startFree(store, { runId: 'run_2', status }, given);
    const follow = (runId: string) => ({ ...cancellation(runId), followChain: true });
    expect(await commitOne(store, follow('run_1'))).toEqual({ outcome: 'not_found' });
    expect(await commitOne(store, follow('run_2'))).toEqual({ outcome: 'refused', status });
  });

  test('a message and a continuation that meet: the message reaches the chain', async () => {
    const { store, other } = await fresh();
    const worker = await newWorker(store);
    for (const round of numbers(10)) {
      const { runId, lease } = await startHeld(store, worker);
      const next = `next_${round}`;
      const successor = { ...creation({ runId: next, continuedFromRunId: runId }) };
      const run = { status: 'continued_as_new' as const, updatedAt: NOW, continuedToRunId: next };
      // A run passes on what it has not read; refused, it has not read everything.
      const goOn = async (): Promise<WriteResult> => {
        const { inbox } = await store.readArrivals(lease, 0, NOW);
        const deliveries = inbox.map(() => cancellation(next));
        const inboxThrough = inbox.at(-1)?.id;
        const write = { creates: [successor], run, deliveries, inboxThrough };
        const result = await commitOne(store, advance(lease, 1, { ...write, release: 'suspend' }));
        return result.outcome === 'conflict' ? goOn() : result;
      };
      const send = () => commitOne(other, { ...cancellation(runId), followChain: true });
      const results = await Promise.all(round % 2 === 0 ? [goOn(), send()] : [send(), goOn()]);
      expect(results.map(({ outcome }) => outcome)).toEqual(['committed', 'committed']);
      expect(await store.getRun(runId)).toMatchObject({ continuedToRunId: next });
      const { run: claimed, arrivals } = await claimOnly(other, worker);
      expect(claimed.runId).toBe(next);
      expect(arrivals.inbox).toHaveLength(1);
    }
  });
}
