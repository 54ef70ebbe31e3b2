import { expect, test } from 'vitest';
import type { Lease, Store } from '../../../src/storage/store.ts';
import {
  advance,
  cancellation,
  claimedIds,
  claimRequest,
  commitOne,
  creation,
  ending,
  event,
  gate,
  gatedCreation,
  hookRecord,
  mark,
  NOW,
  newWorker,
  numbers,
  saveSchedule,
  sequencesOf,
  sleepTimer,
  startFree,
  startHeld,
  timerRequest,
} from '../fixtures.ts';
import { WRITES } from './dynamodb-server.ts';
import { dynamoTables } from './dynamodb-table.ts';

const { table, meddle, dieAt } = await dynamoTables();

/** A run about to end, whose end touches seven other things. */
async function aboutToEnd(store: Store) {
  const worker = await newWorker(store, { expiresAt: NOW + 1e9 });
  await commitOne(store, saveSchedule());
  const target = await startFree(store, { runId: 'run_target' }, { attention: 'waiting' });
  await store.commit([
    gatedCreation('run_parent', [gate()], { scheduleId: 'nightly', status: 'running' }),
    gatedCreation('run_waiter', [gate()]),
  ]);
  const [claim] = await store.claim(claimRequest(worker));
  const big = 'x'.repeat(800_000);
  const write = ending(claim!.lease, 1, 'completed', {
    events: [mark(big), mark('end')],
    hooks: [hookRecord('run_parent')],
    creates: [
      creation({ runId: 'run_child', idempotencyKey: 'key', parentRunId: 'run_parent' }),
      creation({ runId: 'run_other' }),
    ],
    deliveries: [cancellation(target)],
  });
  return { worker, target, write, lease: claim!.lease };
}

/** What an onlooker sees of it: each line is true or false. */
async function effects(store: Store): Promise<Record<string, boolean>> {
  const exists = async (runId: string) => (await store.getRun(runId)) !== null;
  const inbox = async (runId: string) =>
    (await store.readArrivals({ runId } as Lease, 0, NOW)).inbox.length > 0;
  const listed = await store.listRuns({ limit: 9, parentRunId: 'run_parent' });
  return {
    ended: (await store.getRun('run_parent'))?.status === 'completed',
    history: (await sequencesOf(store, 'run_parent')).length === 3,
    hook: (await store.getHook('run_parent', 'approval')) !== null,
    child: await exists('run_child'),
    key: (await store.getRunByKey('order', 'key')) !== null,
    listed: listed.items.length === 1,
    other: await exists('run_other'),
    told: await inbox('run_target'),
    counted: (await store.getSchedule('nightly'))?.statistics.successful === 1,
    admitted: (await store.readGates('run_waiter'))[0]?.held === true,
  };
}

test('whoever dies between two requests of a commit leaves all of it or nothing', async () => {
  let [none, all] = [0, 0];
  for (let nth = 1; ; nth++) {
    const { open } = table();
    const store = await open();
    const { worker, write } = await aboutToEnd(store);
    const other = await open();
    // What is rung or tidied up afterwards is no part of it.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const death = dieAt(nth);
    const result = await commitOne(store, write).catch(() => 'died');
    const complete = result !== 'died' && death.seen() < nth;
    death.stop();
    const seen = Object.values(await effects(other));
    expect(new Set(seen).size, `after ${nth - 1} requests: ${JSON.stringify(seen)}`).toBe(1);
    if (seen[0] === true) {
      all += 1;
      // Whoever looks for work finds all that has been decided, although nobody has finished it.
      const taken = await claimedIds(other, worker);
      expect(taken.toSorted()).toEqual(['run_child', 'run_other', 'run_target', 'run_waiter']);
    } else {
      none += 1;
      // Nothing of it is in anybody's way for long.
      expect(await commitOne(other, write)).toMatchObject({ outcome: 'committed' });
      expect(new Set(Object.values(await effects(other)))).toEqual(new Set([true]));
    }
    if (complete) break;
  }
  expect(none).toBeGreaterThan(6);
  expect(all).toBeGreaterThan(4);
});

test.each(['answer', 'request'] as const)(
  'a commit whose %s is lost, once or for good, took place once or not at all',
  async (lose) => {
    const { open } = table();
    const store = await open();
    const { runId, lease } = await startHeld(store, await newWorker(store));
    let sequence = 1;
    for (const times of [1, 7]) {
      let left = times;
      meddle(({ operation, body }) => {
        const isRoot = operation === 'PutItem' && body.Item?.pk?.S === `run#${runId}`;
        if (!isRoot || left === 0) return undefined;
        left -= 1;
        return { lose };
      });
      const write = advance(lease, sequence, { events: [mark(`${times}`)] });
      expect(await commitOne(store, write)).toEqual({ outcome: 'committed' });
      sequence += 1;
      expect(await sequencesOf(store, runId)).toEqual(numbers(sequence));
    }
  },
);

test('throttled requests are made again', async () => {
  const { open } = table();
  const store = await open();
  let requests = 0;
  meddle(() => {
    requests += 1;
    const refuse = 'ProvisionedThroughputExceededException';
    return requests % 3 === 0 ? { refuse } : undefined;
  });
  const worker = await newWorker(store);
  const { runId, lease } = await startHeld(store, worker);
  for (const sequence of numbers(6)) {
    await commitOne(store, advance(lease, sequence, { events: [mark(`${sequence}`)] }));
  }
  expect(await sequencesOf(store, runId)).toEqual(numbers(7));
});

test('a batch that fails in the middle says so, and is made whole by trying again', async () => {
  const { open } = table();
  const store = await open();
  const worker = await newWorker(store);
  const [good, bad] = [await startHeld(store, worker), await startHeld(store, worker)];
  const stop = meddle(({ body }) =>
    body.Item?.pk?.S === `run#${bad.runId}` ? { refuse: 'AccessDeniedException' } : undefined,
  );
  const batch = [good, bad].map(({ lease }) => advance(lease, 1, { events: [mark('a')] }));
  await expect(store.commit(batch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  stop();
  const committed = { outcome: 'committed' };
  expect(await store.commit(batch)).toEqual([committed, committed]);
  for (const { runId } of [good, bad]) expect(await sequencesOf(store, runId)).toEqual([1, 2]);
  expect(await store.commit(batch)).toEqual([{ outcome: 'conflict' }, { outcome: 'conflict' }]);
});

test('a write may be larger than any transaction: 150 children, 6 MB', async () => {
  const { open } = table();
  const store = await open();
  const { runId, lease } = await startHeld(store, await newWorker(store));
  const creates = numbers(150).map((index) =>
    creation({ runId: `child_${index}`, parentRunId: runId }),
  );
  const text = 'ä🏳️‍🌈'.repeat(150_000);
  const result = event('workflow.completed', { workflow_name: 'order', result: text });
  const run = { status: 'completed' as const, updatedAt: NOW, completedAt: NOW };
  const write = advance(lease, 1, { events: [mark(text), result], run, creates });
  expect(await commitOne(store, write)).toMatchObject({ outcome: 'committed' });
  const other = await open();
  expect((await other.getRun(runId))?.result).toBe(text);
  expect((await other.readEvents(runId, { after: 1 }))[0]?.data).toEqual({ sleep_id: text });
  expect((await other.listRuns({ parentRunId: runId, limit: 200 })).items).toHaveLength(150);
});

test('indices that lag behind hide nothing of one’s own, and nothing for ever', async () => {
  const { open } = table();
  const [store, other] = [await open(), await open()];
  const worker = await newWorker(store);
  const heir = await newWorker(other);
  const lag = meddle(({ body }) =>
    body.IndexName === undefined ? undefined : { answer: { Items: [], Count: 0 } },
  );
  const ready = await startFree(store);
  const timers = [sleepTimer('nap', NOW + 5)];
  const asleep = await startFree(store, {}, { attention: 'waiting', timers });
  const held = await startHeld(store, worker);
  await commitOne(store, cancellation(held.runId));
  expect(await store.nextTimer(timerRequest(worker))).toBe(NOW + 5);
  expect(await store.heldRunsWithArrivals(worker, NOW)).toEqual([held.runId]);
  expect(await claimedIds(store, worker, { limit: 1 })).toEqual([ready]);
  expect(await claimedIds(store, worker, { now: NOW + 5 })).toEqual([asleep]);
  expect(await claimedIds(other, heir, { now: NOW + 5 })).toEqual([]);
  const late = await startFree(store);
  lag();
  expect(await claimedIds(other, heir, { now: NOW + 5 })).toEqual([late]);
});

test('what an index says although it is no longer true is not believed', async () => {
  const { open } = table();
  const store = await open();
  const worker = await newWorker(store);
  const { runId, lease } = await startHeld(store, worker);
  await commitOne(store, ending(lease));
  const other = await open();
  meddle(({ body }) => {
    if (body.IndexName === undefined) return undefined;
    const found = { pk: { S: `run#${runId}` }, sk: { S: '@' }, n: { N: '1' }, d: { N: '1' } };
    return { answer: { Items: [{ ...found, oa: { N: '1' } }], Count: 1 } };
  });
  const heir = await newWorker(other);
  expect(await claimedIds(other, heir, { deadWorkers: [worker] })).toEqual([]);
  expect(await other.nextTimer(timerRequest(heir, { after: 0 }))).toBeNull();
  expect(await other.heldRunsWithArrivals(heir, NOW)).toEqual([]);
  expect((await other.listRuns({ limit: 9, statuses: ['running'] })).items).toEqual([]);
});

test('of two ends that each open one of two gates, one lets the waiter in', async () => {
  const { open } = table();
  const [store, other] = [await open(), await open()];
  const worker = await newWorker(store);
  const [a, b] = [gate('wait', 1, 'a'), gate('wait', 1, 'b')];
  for (const round of numbers(8)) {
    for (const [name, gates] of [
      ['a', [a]],
      ['b', [b]],
      ['both', [a, b]],
    ] as const) {
      await commitOne(store, gatedCreation(`${name}_${round}`, gates));
    }
    const claims = await store.claim(claimRequest(worker));
    expect(claims).toHaveLength(2);
    const [first, second] = claims.map(({ lease }) => ending(lease));
    await Promise.all([commitOne(store, first!), commitOne(other, second!)]);
    const [both] = await store.claim(claimRequest(worker));
    expect(both?.run.runId).toBe(`both_${round}`);
    await commitOne(store, ending(both!.lease));
  }
});

test('a step costs one request, and nothing is ever scanned', async () => {
  const { open } = table();
  const store = await open();
  const asked: string[] = [];
  meddle(({ operation, body }) => {
    const isDoorbell = body.Key?.sk?.S === 'changes';
    if (!isDoorbell) asked.push(operation);
    return undefined;
  });
  const worker = await newWorker(store);
  const { runId, lease } = await startHeld(store, worker);
  asked.length = 0;
  await commitOne(store, advance(lease, 1, { events: [mark('a')] }));
  expect(asked).toEqual(['PutItem']);
  await store.listRuns({ limit: 9, query: 'order' });
  await store.findRunIds('run', 9);
  await claimedIds(store, worker);
  await commitOne(store, ending(lease, 2, 'completed', { creates: [creation()] }));
  await store.getRun(runId);
  const used = new Set(asked);
  for (const one of ['Scan', 'TransactWriteItems', 'TransactGetItems']) {
    expect(used.has(one)).toBe(false);
  }
  expect(WRITES).toEqual(expect.arrayContaining(['PutItem']));
});
