import { expect, test } from 'vitest';
import { encodeError } from '../../../src/core/error-codec.ts';
import { StoreError } from '../../../src/core/errors.ts';
import type { RunRecord } from '../../../src/core/run.ts';
import {
  advance,
  claimedIds,
  commitOne,
  creation,
  gate,
  gatedCreation,
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
      childId: 'ship_1',
      nestingDepth: 4,
      continuedFromRunId: 'run_before',
      continuedToRunId: 'run_after',
      forkedFromRunId: 'run_other',
      scheduleId: 'nightly',
      scheduledAt: NOW - 4,
      codeVersion: '2026.11.1',
      progress: { done: 2.5, total: null, note: 'halfway', at: NOW - 1 },
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

  test('keys of which half a character is missing are different keys', async () => {
    const { store } = await fresh();
    const keys = ['\ud800', '\ud801', '\udc00', '\ufffd', 'x\ud800', '\uffff"\\ud800"', '\uffff'];
    for (const idempotencyKey of keys) {
      const runId = await startFree(store, { idempotencyKey });
      const again = creation({ idempotencyKey });
      expect(await commitOne(store, again)).toEqual({ outcome: 'exists', runId });
      expect(await store.getRunByKey('order', idempotencyKey)).toMatchObject({
        runId,
        idempotencyKey,
      });
    }
    const listed = (await store.listRuns({ limit: 99 })).items.map((run) => run.idempotencyKey);
    expect(listed).toEqual(keys.toReversed());
  });

  test.each(['failed', 'cancelled'] as const)('a run that is %s gives its key', async (status) => {
    const { store } = await fresh();
    const given = { attention: 'waiting' as const };
    const before = await startFree(store, { idempotencyKey: 'key', status }, given);
    const write = creation({ idempotencyKey: 'key' }, { takesKeyFrom: before });
    expect(await commitOne(store, write)).toEqual({ outcome: 'committed' });
    expect((await store.getRunByKey('order', 'key'))?.runId).toBe(write.run.runId);
    expect(await store.getRun(before)).toMatchObject({ idempotencyKey: null, status });
    const third = creation({ idempotencyKey: 'key' }, { takesKeyFrom: before });
    expect(await commitOne(store, third)).toEqual({ outcome: 'exists', runId: write.run.runId });
  });

  test.each(['running', 'suspended', 'interrupted', 'completed', 'continued_as_new'] as const)(
    'a run that is %s keeps its key',
    async (status) => {
      const { store } = await fresh();
      const given = { attention: 'waiting' as const };
      const before = await startFree(store, { idempotencyKey: 'key', status }, given);
      const write = creation({ idempotencyKey: 'key' }, { takesKeyFrom: before });
      expect(await commitOne(store, write)).toEqual({ outcome: 'exists', runId: before });
      expect((await store.getRun(before))?.idempotencyKey).toBe('key');
    },
  );

  test('a key is taken from the run that is named, with the same workflow and key, or not at all', async () => {
    const { store } = await fresh();
    const failed = { status: 'failed' as const };
    const given = { attention: 'waiting' as const };
    const holder = await startFree(store, { ...failed, idempotencyKey: 'key' }, given);
    const other = await startFree(store, { ...failed, idempotencyKey: 'other' }, given);
    const elsewhere = { ...failed, idempotencyKey: 'key', workflowName: 'invoice' };
    const foreign = await startFree(store, elsewhere, given);
    for (const takesKeyFrom of [other, foreign, 'run_unknown']) {
      const write = creation({ idempotencyKey: 'key' }, { takesKeyFrom });
      expect(await commitOne(store, write)).toEqual({ outcome: 'exists', runId: holder });
    }
    const free = creation({ idempotencyKey: 'free' }, { takesKeyFrom: holder });
    expect(await commitOne(store, free)).toEqual({ outcome: 'committed' });
    const keyless = creation({}, { takesKeyFrom: holder });
    expect(await commitOne(store, keyless)).toEqual({ outcome: 'committed' });
    for (const [runId, key] of [
      [holder, 'key'],
      [other, 'other'],
      [foreign, 'key'],
    ]) {
      expect((await store.getRun(runId!))?.idempotencyKey).toBe(key);
    }
  });

  test('a run that is refused takes no key', async () => {
    const { store } = await fresh();
    const given = { attention: 'waiting' as const };
    const failed = { idempotencyKey: 'key', status: 'failed' as const };
    const holder = await startFree(store, failed, given);
    const taken = await startFree(store);
    await commitOne(store, gatedCreation('run_1', [gate()]));
    const takes = { takesKeyFrom: holder, gates: [gate('refuse')] };
    const refused = creation({ idempotencyKey: 'key' }, takes);
    const sameId = creation({ idempotencyKey: 'key', runId: taken }, { takesKeyFrom: holder });
    expect((await commitOne(store, refused)).outcome).toBe('gate_full');
    expect(await commitOne(store, sameId)).toEqual({ outcome: 'exists', runId: taken });
    expect((await store.getRunByKey('order', 'key'))?.runId).toBe(holder);
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
