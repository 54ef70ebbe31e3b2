import { expect, test } from 'vitest';
import type { NewScheduleEvent, ScheduleRecord } from '../../../src/core/schedule.ts';
import type { SaveSchedule } from '../../../src/storage/commit.ts';
import type { ScheduleFilter, Store } from '../../../src/storage/store.ts';
import {
  commitOne,
  NOW,
  numbers,
  occurrenceOf,
  saveSchedule,
  scheduleNote,
  scheduleRecord,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const SAVED = { outcome: 'committed', runIds: [] };
const CONFLICT = { outcome: 'conflict' };

/** The state of schedules, who may write it, and their logs. */
export function scheduleCases({ fresh, testWithFault }: Harness): void {
  const save = (store: Store, given: Partial<ScheduleRecord>, more: Partial<SaveSchedule> = {}) =>
    commitOne(store, saveSchedule(given, more));

  async function saved(store: Store, given: Partial<ScheduleRecord> = {}): Promise<ScheduleRecord> {
    expect(await save(store, given)).toEqual(SAVED);
    const found = await store.getSchedule(given.scheduleId ?? 'nightly');
    return found!;
  }

  test('a schedule is read back as it was written, every field of it', async () => {
    const { store, other } = await fresh();
    const schedule = scheduleRecord({
      workflowName: 'report',
      spec: { cron: ['0 3 * * *'], timezone: 'Europe/Berlin' },
      input: ['a', { b: [1, 2.5, null, true] }],
      status: 'paused',
      overlapPolicy: 'buffer_one',
      catchUpPolicy: 'all',
      catchUpWindow: 60_000,
      metadata: { team: 'north', nested: { deep: [1] } },
      tags: ['blue', 'Größe'],
      definition: 'reports.ts#nightly',
      createdAt: NOW - 3,
      updatedAt: NOW - 2,
      pausedAt: NOW - 1,
      deletedAt: NOW + 1,
      decidedThrough: NOW - 9,
      nextRunAt: NOW + 5,
      lastRunAt: NOW - 8,
      lastRunId: 'run_last',
    });
    await save(store, schedule);
    expect(await other.getSchedule('nightly')).toEqual({ ...schedule, version: 1 });
    expect((await other.listSchedules({ limit: 9 })).items).toEqual([{ ...schedule, version: 1 }]);
  });

  test('version and statistics are the store’s own', async () => {
    const { store } = await fresh();
    const statistics = { total: 9, successful: 9, failed: 9, cancelled: 9, skipped: 9 };
    await saved(store, { version: 77, statistics });
    await save(store, { statistics, version: 78, input: 2 }, { expectedVersion: 1, skipped: 3 });
    expect(await store.getSchedule('nightly')).toMatchObject({
      input: 2,
      version: 2,
      statistics: { total: 0, successful: 0, failed: 0, cancelled: 0, skipped: 3 },
    });
  });

  test('what does not exist is null, and has no log', async () => {
    const { store } = await fresh();
    await saved(store);
    expect(await store.getSchedule('other')).toBeNull();
    expect(await store.readScheduleEvents('other')).toEqual([]);
  });

  test('what writers and readers change afterwards is not in the store', async () => {
    const { store } = await fresh();
    const given = { input: { list: [1] }, tags: ['one'], metadata: { a: { b: 1 } } };
    const before = await saved(store, given);
    given.input.list.push(2);
    given.tags.push('two');
    (before.metadata as { a: { b: number } }).a.b = 2;
    expect(await store.getSchedule('nightly')).toMatchObject({
      input: { list: [1] },
      tags: ['one'],
      metadata: { a: { b: 1 } },
    });
  });

  test('whoever creates a schedule that exists, or changes one that does not, conflicts', async () => {
    const { store, other } = await fresh();
    expect(await save(store, {}, { expectedVersion: 1 })).toEqual(CONFLICT);
    expect(await store.getSchedule('nightly')).toBeNull();
    const before = await saved(store, { status: 'paused' });
    expect(await save(other, { input: 'other' })).toEqual(CONFLICT);
    expect(await other.getSchedule('nightly')).toEqual(before);
  });

  test.each([2, 3, 5, -1])('version %i is not the present one, 4', async (expectedVersion) => {
    const { store, other } = await fresh();
    for (const version of [0, 1, 2, 3]) await save(store, {}, { expectedVersion: version });
    const before = [await other.getSchedule('nightly'), await other.readScheduleEvents('nightly')];
    const more = { expectedVersion, events: [scheduleNote('x')], skipped: 5 };
    expect(await save(store, { input: 'stale', status: 'deleted' }, more)).toEqual(CONFLICT);
    expect([await other.getSchedule('nightly'), await other.readScheduleEvents('nightly')]).toEqual(
      before,
    );
  });

  test('of many who write upon the same version, one does', async () => {
    const { store, other } = await fresh();
    for (const expectedVersion of [0, 1, 2]) {
      const results = await Promise.all(
        numbers(8).map((input) => {
          const more = { expectedVersion, events: [scheduleNote(`${input}`)] };
          return save(input % 2 === 0 ? store : other, { input }, more);
        }),
      );
      const winner = results.findIndex((result) => result.outcome === 'committed');
      expect(results.filter((result) => result.outcome === 'conflict')).toHaveLength(7);
      const found = await store.getSchedule('nightly');
      expect(found).toMatchObject({ input: winner + 1, version: expectedVersion + 1 });
    }
    expect(await reasonsOf(store)).toHaveLength(3);
  });

  test('within a batch, the second of two writes upon one version conflicts', async () => {
    const { store } = await fresh();
    const results = await store.commit([
      saveSchedule({ input: 1 }),
      saveSchedule({ input: 2 }),
      saveSchedule({ input: 3 }, { expectedVersion: 1 }),
    ]);
    expect(results).toEqual([SAVED, CONFLICT, SAVED]);
    expect(await store.getSchedule('nightly')).toMatchObject({ input: 3, version: 2 });
  });

  test('a deleted schedule makes room for a new one, which goes on with its log', async () => {
    const { store, other } = await fresh();
    await saved(store, { scheduleId: 'nightly' });
    await saved(store, { scheduleId: 'hourly' });
    const remove = { expectedVersion: 1, events: [scheduleNote('deleted')], skipped: 4 };
    await save(store, { status: 'deleted', deletedAt: NOW }, remove);
    const anew = { input: 'new', createdAt: NOW + 5 };
    expect(await save(other, anew, { events: [scheduleNote('anew')] })).toEqual(SAVED);
    expect(await store.getSchedule('nightly')).toMatchObject({
      ...anew,
      status: 'active',
      version: 3,
      statistics: { total: 0, skipped: 0 },
    });
    expect(await reasonsOf(store)).toEqual(['1: deleted', '2: anew']);
    expect(await idsOf(store)).toEqual(['nightly', 'hourly']);
    // Whoever has seen it before its end cannot change what came after.
    for (const expectedVersion of [1, 2]) {
      expect(await save(store, {}, { expectedVersion })).toEqual(CONFLICT);
    }
  });

  test('a deleted schedule can be written by who has seen its version', async () => {
    const { store } = await fresh();
    await saved(store, { status: 'deleted' });
    expect(await save(store, { status: 'deleted', input: 2 }, { expectedVersion: 1 })).toEqual(
      SAVED,
    );
    expect(await store.getSchedule('nightly')).toMatchObject({ version: 2, input: 2 });
  });

  test('schedules are listed newest first, in pages that hold each once', async () => {
    const { store } = await fresh();
    for (const index of numbers(7)) await saved(store, { scheduleId: `s${index}` });
    for (const limit of [1, 2, 3, 7, 8]) {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listSchedules({ limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        found.push(...page.items.map((schedule) => schedule.scheduleId));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(found).toEqual(numbers(7).map((index) => `s${8 - index}`));
    }
    expect(await store.listSchedules({ limit: 3, cursor: 'x' })).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  test('pages of a list in which schedules are made anew skip and repeat nothing', async () => {
    const { store } = await fresh();
    for (const index of numbers(4)) await saved(store, { scheduleId: `s${index}` });
    const first = await store.listSchedules({ limit: 2 });
    await save(store, { scheduleId: 's2', status: 'deleted' }, { expectedVersion: 1 });
    await save(store, { scheduleId: 's4', status: 'deleted' }, { expectedVersion: 1 });
    await saved(store, { scheduleId: 's4' });
    const rest = await store.listSchedules({ limit: 9, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...rest.items].map((schedule) => schedule.scheduleId)).toEqual([
      's4',
      's3',
      's2',
      's1',
    ]);
  });

  test('a list can be narrowed by workflow and status', async () => {
    const { store } = await fresh();
    await saved(store, { scheduleId: 'a', workflowName: 'order' });
    await saved(store, { scheduleId: 'b', workflowName: 'order', status: 'paused' });
    await saved(store, { scheduleId: 'c', workflowName: 'report' });
    await saved(store, { scheduleId: 'd', workflowName: 'report', status: 'deleted' });
    expect(await idsOf(store, { workflowName: 'order' })).toEqual(['b', 'a']);
    expect(await idsOf(store, { status: 'active' })).toEqual(['c', 'a']);
    expect(await idsOf(store, { status: 'deleted', workflowName: 'report' })).toEqual(['d']);
    expect(await idsOf(store, { workflowName: 'other' })).toEqual([]);
    expect(await idsOf(store)).toEqual(['d', 'c', 'b', 'a']);
  });

  test('active schedules are due from their instant on, earliest first', async () => {
    const { store, other } = await fresh();
    await saved(store, { scheduleId: 'later', nextRunAt: NOW + 10 });
    await saved(store, { scheduleId: 'now', nextRunAt: NOW });
    await saved(store, { scheduleId: 'never', nextRunAt: null });
    await saved(store, { scheduleId: 'paused', nextRunAt: NOW - 9, status: 'paused' });
    await saved(store, { scheduleId: 'deleted', nextRunAt: NOW - 9, status: 'deleted' });
    await saved(store, { scheduleId: 'before', nextRunAt: NOW - 5 });
    const due = async (now: number, limit = 9) =>
      (await other.dueSchedules(now, limit)).map((schedule) => schedule.scheduleId);
    expect(await due(NOW - 6)).toEqual([]);
    expect(await due(NOW - 1)).toEqual(['before']);
    expect(await due(NOW)).toEqual(['before', 'now']);
    expect(await due(NOW + 10)).toEqual(['before', 'now', 'later']);
    expect(await due(NOW + 10, 2)).toEqual(['before', 'now']);
    expect(await other.nextScheduleAt(0)).toBe(NOW - 5);
    expect(await other.nextScheduleAt(NOW - 5)).toBe(NOW);
    expect(await other.nextScheduleAt(NOW + 9)).toBe(NOW + 10);
    expect(await other.nextScheduleAt(NOW + 10)).toBeNull();
    await save(store, { scheduleId: 'now', nextRunAt: NOW + 99 }, { expectedVersion: 1 });
    expect(await due(NOW + 10)).toEqual(['before', 'later']);
  });

  test('the log is gapless, in order, and can be read in parts', async () => {
    const { store, other } = await fresh();
    await save(store, {}, { events: [scheduleNote('a'), scheduleNote('b', NOW + 5)] });
    await save(store, {}, { expectedVersion: 1 });
    await save(other, { scheduleId: 'other' }, { events: [scheduleNote('theirs')] });
    await save(store, {}, { expectedVersion: 2, events: [scheduleNote('c')] });
    expect(await reasonsOf(other)).toEqual(['1: a', '2: b', '3: c']);
    expect(await reasonsOf(other, { after: 1 })).toEqual(['2: b', '3: c']);
    expect(await reasonsOf(other, { after: 1, limit: 1 })).toEqual(['2: b']);
    expect(await reasonsOf(other, { after: 3 })).toEqual([]);
    expect((await other.readScheduleEvents('nightly'))[1]).toEqual({
      type: 'schedule.paused',
      sequence: 2,
      timestamp: NOW + 5,
      data: { reason: 'b', paused_at: 'then' },
    });
  });

  test('of a long log, the latest thousand entries are kept, and the numbers go on', async () => {
    const { store } = await fresh();
    const batch = (size: number, first: number): NewScheduleEvent[] =>
      numbers(size, first).map((index) => scheduleNote(`${index}`));
    await save(store, {}, { events: batch(999, 1) });
    await save(store, {}, { expectedVersion: 1, events: batch(2, 1000) });
    await save(store, {}, { expectedVersion: 2, events: batch(1300, 1002) });
    const log = await store.readScheduleEvents('nightly');
    expect(log.length).toBeGreaterThanOrEqual(1000);
    expect(log.length).toBeLessThan(1500);
    expect(log.map((entry) => entry.sequence)).toEqual(numbers(log.length, 2302 - log.length));
    expect(await reasonsOf(store, { after: 2300 })).toEqual(['2301: 2301']);
  });

  testWithFault('a schedule whose run cannot be written stays as it was', async (opened, fail) => {
    const { store } = opened;
    const before = await saved(store);
    const repair = fail();
    const occurrences = [occurrenceOf('run_1')];
    const more = { expectedVersion: 1, events: [scheduleNote('a')], occurrences, skipped: 2 };
    await expect(save(store, { input: 'new' }, more)).rejects.toThrow();
    repair();
    expect(await store.getSchedule('nightly')).toEqual(before);
    expect(await store.readScheduleEvents('nightly')).toEqual([]);
    expect(await store.getRun('run_1')).toBeNull();
    expect((await save(store, { input: 'new' }, more)).outcome).toBe('committed');
  });
}

async function idsOf(store: Store, filter: Partial<ScheduleFilter> = {}): Promise<string[]> {
  const { items } = await store.listSchedules({ limit: 100, ...filter });
  return items.map((schedule) => schedule.scheduleId);
}

/** The log as text, one line an entry that `scheduleNote` has made. */
async function reasonsOf(
  store: Store,
  range: Parameters<Store['readScheduleEvents']>[1] = {},
): Promise<string[]> {
  const log = await store.readScheduleEvents('nightly', range);
  return log.map(({ sequence, data }) => `${sequence}: ${(data as { reason: string }).reason}`);
}
