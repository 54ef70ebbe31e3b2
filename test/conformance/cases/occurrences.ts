import { expect, test } from 'vitest';
import type { RunStatus } from '../../../src/core/run.ts';
import type { ScheduleStatistics } from '../../../src/core/schedule.ts';
import type { SaveSchedule } from '../../../src/storage/commit.ts';
import type { Lease, Store } from '../../../src/storage/store.ts';
import {
  cancellation,
  claimedIds,
  claimRequest,
  commitOne,
  creation,
  ending,
  gate,
  NOW,
  newWorker,
  numbers,
  occurrenceOf,
  saveSchedule,
  scheduleNote,
  startFree,
  startHeld,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const OF_SCHEDULE = { scheduleId: 'nightly' };

/** The runs of a schedule, and what the store counts of them. */
export function occurrenceCases({ fresh }: Harness): void {
  const save = (store: Store, expectedVersion: number, given: Partial<SaveSchedule> = {}) =>
    commitOne(store, saveSchedule({}, { expectedVersion, ...given }));

  async function statistics(store: Store): Promise<Partial<ScheduleStatistics>> {
    const found = (await store.getSchedule('nightly'))?.statistics ?? {};
    return Object.fromEntries(Object.entries(found).filter(([, count]) => count !== 0));
  }

  /** What the log says, in short. */
  async function log(store: Store): Promise<string[]> {
    const entries = await store.readScheduleEvents('nightly');
    return entries.map(({ data }) => (data as { reason: string }).reason);
  }

  test('occurrences get their runs, their entries and their number in one write', async () => {
    const { store, other } = await fresh();
    const occurrences = [occurrenceOf('run_1'), occurrenceOf('run_2')];
    expect(
      await save(store, 0, { occurrences, events: [scheduleNote('created')], skipped: 3 }),
    ).toEqual({ outcome: 'committed', runIds: ['run_1', 'run_2'], wakes: true });
    expect(await claimedIds(other, await newWorker(other))).toEqual(['run_1', 'run_2']);
    expect(await log(other)).toEqual(['created', 'started run_1', 'started run_2']);
    expect(await statistics(other)).toEqual({ total: 2, skipped: 3 });
    const { items } = await other.listRuns({ limit: 9, scheduleId: 'nightly' });
    expect(items.map((run) => run.runId)).toEqual(['run_2', 'run_1']);
  });

  test('an occurrence that has its run already is named, and neither counted nor logged', async () => {
    const { store } = await fresh();
    await save(store, 0, { occurrences: [occurrenceOf('run_1')] });
    const again = [occurrenceOf('run_1'), occurrenceOf('run_2'), occurrenceOf('run_2')];
    expect(await save(store, 1, { occurrences: again })).toMatchObject({
      runIds: ['run_1', 'run_2', 'run_2'],
    });
    expect(await statistics(store)).toEqual({ total: 2 });
    expect(await log(store)).toEqual(['started run_1', 'started run_2']);
  });

  test('an occurrence that a gate refuses is logged as such, and the others go on', async () => {
    const { store } = await fresh();
    const target = await startFree(store, {}, { attention: 'waiting' });
    const gates = [gate('refuse', 1, 'schedule:nightly')];
    const refused = occurrenceOf('run_2', { gates, ifRefused: cancellation(target) });
    const occurrences = [occurrenceOf('run_1', { gates }), refused, occurrenceOf('run_3')];
    expect(await save(store, 0, { occurrences, skipped: 1 })).toMatchObject({
      runIds: ['run_1', 'run_3'],
    });
    expect(await log(store)).toEqual(['started run_1', 'refused run_2', 'started run_3']);
    expect(await statistics(store)).toEqual({ total: 2, skipped: 2 });
    expect(await store.getRun('run_2')).toBeNull();
    const woken = await claimedIds(store, await newWorker(store));
    expect(woken.toSorted()).toEqual(['run_1', 'run_3', target].toSorted());
  });

  test('an occurrence that waits for its turn is a run like any other', async () => {
    const { store } = await fresh();
    const gates = [gate('wait', 1, 'schedule:nightly')];
    const occurrences = ['run_1', 'run_2', 'run_3'].map((id) => occurrenceOf(id, { gates }));
    const { runIds } = (await save(store, 0, { occurrences })) as { runIds?: string[] };
    expect(runIds).toEqual(['run_1', 'run_2', 'run_3']);
    expect(await statistics(store)).toEqual({ total: 3 });
    expect(await claimedIds(store, await newWorker(store))).toEqual(['run_1']);
  });

  test('an occurrence replaces the run before it', async () => {
    const { store } = await fresh();
    const gates = [gate('replace', 1, 'schedule:nightly')];
    await save(store, 0, { occurrences: [occurrenceOf('run_1', { gates })] });
    await save(store, 1, { occurrences: [occurrenceOf('run_2', { gates })] });
    const worker = await newWorker(store);
    const [claim] = await store.claim(claimRequest(worker));
    expect(claim?.arrivals.inbox).toMatchObject([{ reason: 'replaced by run run_2' }]);
    await commitOne(store, ending(claim!.lease, 1, 'cancelled'));
    expect(await claimedIds(store, worker)).toEqual(['run_2']);
    expect(await statistics(store)).toEqual({ total: 2, cancelled: 1 });
  });

  test.each<[RunStatus, Partial<ScheduleStatistics>]>([
    ['completed', { successful: 1 }],
    ['failed', { failed: 1 }],
    ['cancelled', { cancelled: 1 }],
    ['continued_as_new', {}],
    ['interrupted', {}],
    ['suspended', {}],
  ])('a run of a schedule that is %s is counted as %j', async (status, counted) => {
    const { store } = await fresh();
    await save(store, 0);
    const { lease } = await startHeld(store, await newWorker(store), OF_SCHEDULE);
    await startHeld(store, lease.workerId, { scheduleId: 'other' });
    await commitOne(store, ending(lease, 1, status));
    expect(await statistics(store)).toEqual(counted);
    expect((await store.getSchedule('nightly'))?.version).toBe(1);
  });

  test('a chain of continued runs is counted once, when it ends', async () => {
    const { store } = await fresh();
    await save(store, 0, { occurrences: [occurrenceOf('run_1')] });
    const worker = await newWorker(store);
    const claim = async (): Promise<Lease> =>
      (await store.claim(claimRequest(worker))).map((found) => found.lease)[0]!;
    const successor = creation({ runId: 'run_2', continuedFromRunId: 'run_1', ...OF_SCHEDULE });
    await commitOne(store, ending(await claim(), 1, 'continued_as_new', { creates: [successor] }));
    expect(await statistics(store)).toEqual({ total: 1 });
    await commitOne(store, ending(await claim()));
    expect(await statistics(store)).toEqual({ total: 1, successful: 1 });
  });

  test('a run that is finished when it is created is counted, too', async () => {
    const { store } = await fresh();
    await save(store, 0);
    await startFree(store, { ...OF_SCHEDULE, status: 'failed' }, { attention: 'waiting' });
    expect(await statistics(store)).toEqual({ failed: 1 });
  });

  test('the end of a run whose schedule is unknown counts nowhere', async () => {
    const { store } = await fresh();
    const { lease } = await startHeld(store, await newWorker(store), OF_SCHEDULE);
    expect(await commitOne(store, ending(lease))).toEqual({ outcome: 'committed', released: true });
    expect(await store.getSchedule('nightly')).toBeNull();
  });

  test('ends that meet each other and the schedule’s own writes are all counted', async () => {
    const { store, other } = await fresh();
    await save(store, 0);
    const worker = await newWorker(store);
    const held = await Promise.all(numbers(20).map(() => startHeld(store, worker, OF_SCHEDULE)));
    const statuses = ['completed', 'failed', 'cancelled', 'completed'] as const;
    const ends = held.map(({ lease }, index) =>
      commitOne(index % 2 === 0 ? store : other, ending(lease, 1, statuses[index % 4]!)),
    );
    const writes = numbers(5).map((version) =>
      save(other, version, { occurrences: [occurrenceOf(`run_${version}`)], skipped: 1 }),
    );
    await Promise.all([...ends, ...writes]);
    expect(await statistics(store)).toEqual({
      ...{ total: 5, skipped: 5 },
      ...{ successful: 10, failed: 5, cancelled: 5 },
    });
  });

  test('of schedulers that decide upon the same state, one starts runs', async () => {
    const { store, other } = await fresh();
    await save(store, 0);
    const results = await Promise.all(
      numbers(8).map((index) => {
        const occurrences = [occurrenceOf(`run_${index}`)];
        return save(index % 2 === 0 ? store : other, 1, { occurrences });
      }),
    );
    const winner = results.findIndex((result) => result.outcome === 'committed') + 1;
    expect(results.filter((result) => result.outcome === 'conflict')).toHaveLength(7);
    const { items } = await store.listRuns({ limit: 99 });
    expect(items.map((run) => run.runId)).toEqual([`run_${winner}`]);
    expect(await statistics(other)).toEqual({ total: 1 });
  });

  test('a schedule whose occurrence contradicts itself is not written', async () => {
    const { store } = await fresh();
    const gates = [gate(), gate()];
    const occurrences = [occurrenceOf('run_1'), occurrenceOf('run_2', { gates })];
    expect(await save(store, 0, { occurrences })).toEqual({ outcome: 'conflict' });
    expect(await store.getSchedule('nightly')).toBeNull();
    expect(await store.getRun('run_1')).toBeNull();
  });

  test('the last run is what the writer says', async () => {
    const { store } = await fresh();
    await save(store, 0);
    const lastRun = { lastRunId: 'run_9', lastRunAt: NOW + 9 };
    const write = saveSchedule(lastRun, {
      expectedVersion: 1,
      occurrences: [occurrenceOf('run_1')],
    });
    await commitOne(store, write);
    expect(await store.getSchedule('nightly')).toMatchObject(lastRun);
  });
}
