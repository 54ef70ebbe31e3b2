import { expect, test } from 'vitest';
import { encodeError } from '../../../src/core/error-codec.ts';
import { StoreError } from '../../../src/core/errors.ts';
import type { RunRecord } from '../../../src/core/run.ts';
import {
  advance,
  claimedIds,
  commitOne,
  creation,
  hookRecord,
  mark,
  NOW,
  newWorker,
  numbers,
  runRecord,
  sleepTimer,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function createCases({ fresh }: Harness): void {
  test('a run is read back as it was written, every field of it', async () => {
    const { store } = await fresh();
    const run: RunRecord = {
      ...runRecord(),
      status: 'suspended',
      createdAt: NOW - 3,
      updatedAt: NOW - 2,
      startedAt: NOW - 1,
      input: ['a', { b: [1, 2.5, null, true] }],
      error: encodeError(new RangeError('no')),
      idempotencyKey: 'order-7',
      maxDuration: 60_000,
      metadata: { team: 'north', nested: { deep: [1] } },
      tags: ['blue', 'Größe'],
      recoveryAttempts: 2,
      maxRecoveryAttempts: 5,
      recoverOnWorkerLoss: false,
      parentRunId: 'run_parent',
      nestingDepth: 4,
      continuedFromRunId: 'run_before',
      continuedToRunId: 'run_after',
    };
    await startFree(store, run);
    const { input: _, result: __, ...summary } = run;
    expect(await store.getRun(run.runId)).toEqual(run);
    expect(await store.getRunByKey('order', 'order-7')).toEqual(run);
    expect((await store.listRuns({ limit: 10 })).items).toEqual([summary]);
  });

  test('a run without extras is read back with nulls and empty ones', async () => {
    const { store } = await fresh();
    const run = runRecord({ input: null });
    await startFree(store, run);
    expect(await store.getRun(run.runId)).toEqual(run);
  });

  test('what does not exist is null', async () => {
    const { store } = await fresh();
    await startFree(store, { idempotencyKey: 'key' });
    expect(await store.getRun('run_unknown')).toBeNull();
    expect(await store.getRunByKey('order', 'other')).toBeNull();
    expect(await store.getRunByKey('invoice', 'key')).toBeNull();
    expect(await store.readEvents('run_unknown')).toEqual([]);
    expect(await store.getHook('run_unknown', 'approval')).toBeNull();
  });

  test('result, error and input come from where they were recorded', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker, { input: { order: 7 } });
    expect(await store.getRun(runId)).toMatchObject({ input: { order: 7 }, result: null });
    const completed = {
      type: 'workflow.completed' as const,
      timestamp: NOW,
      data: JSON.stringify({ workflow_name: 'order', result: { paid: true } }),
    };
    await commitOne(
      store,
      advance(lease, 1, {
        events: [mark('before'), completed],
        run: { status: 'completed', updatedAt: NOW, completedAt: NOW, result: { paid: true } },
        release: 'suspend',
      }),
    );
    expect(await store.getRun(runId)).toMatchObject({
      status: 'completed',
      input: { order: 7 },
      result: { paid: true },
      error: null,
    });
  });

  test('a taken id is refused, whole, and names its run', async () => {
    const { store } = await fresh();
    const first = creation({ input: 'first' });
    const again = creation(
      { runId: first.run.runId, input: 'second' },
      { hooks: [hookRecord(first.run.runId)], timers: [sleepTimer('nap', NOW)] },
    );
    expect(await store.commit([first, again])).toEqual([
      { outcome: 'committed' },
      { outcome: 'exists', runId: first.run.runId },
    ]);
    expect(await commitOne(store, again)).toEqual({ outcome: 'exists', runId: first.run.runId });
    expect((await store.getRun(first.run.runId))?.input).toBe('first');
    expect(await store.readEvents(first.run.runId)).toHaveLength(1);
    expect((await store.listHooks({ limit: 10 })).items).toEqual([]);
  });

  test('a taken idempotency key is refused and names the run that has it', async () => {
    const { store } = await fresh();
    const first = creation({ idempotencyKey: 'key', input: 1 });
    const again = creation({ idempotencyKey: 'key', input: 2 });
    const elsewhere = creation({ idempotencyKey: 'key', workflowName: 'invoice' });
    expect(await store.commit([first, again, elsewhere])).toEqual([
      { outcome: 'committed' },
      { outcome: 'exists', runId: first.run.runId },
      { outcome: 'committed' },
    ]);
    expect(await store.getRun(again.run.runId)).toBeNull();
    expect((await store.getRunByKey('invoice', 'key'))?.runId).toBe(elsewhere.run.runId);
  });

  test('of a taken id and a taken key, the id is named', async () => {
    const { store } = await fresh();
    await startFree(store, { idempotencyKey: 'key' });
    const other = await startFree(store);
    const both = creation({ runId: other, idempotencyKey: 'key' });
    expect(await commitOne(store, both)).toEqual({ outcome: 'exists', runId: other });
  });

  test('keys that only look alike are different keys', async () => {
    const { store } = await fresh();
    const keys = ['a', 'A', 'a ', '', 'ä', 'a\u0308', 'null', '["a"]', 'x\u0000y', 'x'];
    const writes = keys.map((idempotencyKey) => creation({ idempotencyKey }));
    const results = await store.commit(writes);
    expect(results.map((result) => result.outcome)).toEqual(keys.map(() => 'committed'));
    for (const [index, key] of keys.entries()) {
      const found = await store.getRunByKey('order', key);
      expect(found?.runId).toBe(writes[index]?.run.runId);
      expect(found?.idempotencyKey).toBe(key);
    }
  });

  test('runs without a key do not collide', async () => {
    const { store } = await fresh();
    const results = await store.commit(numbers(5).map(() => creation()));
    expect(results.map((result) => result.outcome)).toEqual(numbers(5).map(() => 'committed'));
  });

  test('attention decides who may take a new run', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const ready = await startFree(store, {}, { attention: 'ready' });
    await startFree(store, {}, { attention: 'waiting' });
    await startFree(store, {}, { attention: 'waiting', workerId: worker });
    await startHeld(store, worker);
    expect(await claimedIds(store, worker)).toEqual([ready]);
    expect(await claimedIds(store, worker)).toEqual([]);
  });

  test('the lease of a run created as claimed is a lease', async () => {
    const { store } = await fresh();
    const worker = await newWorker(store);
    const { runId, lease } = await startHeld(store, worker);
    expect(lease).toMatchObject({ runId, workerId: worker });
    expect(await commitOne(store, advance(lease, 1, { events: [mark('next')] }))).toEqual({
      outcome: 'committed',
    });
  });

  test('a worker that is not registered creates nothing', async () => {
    const { store } = await fresh();
    const good = creation();
    const bad = creation({}, { workerId: 'worker_unknown', attention: 'claimed' });
    await expect(store.commit([good, bad])).rejects.toThrow(StoreError);
    expect(await store.getRun(good.run.runId)).toBeNull();
    expect(await store.getRun(bad.run.runId)).toBeNull();
  });

  test('an empty batch is no work', async () => {
    const { store } = await fresh();
    expect(await store.commit([])).toEqual([]);
  });
}
