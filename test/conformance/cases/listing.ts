import { expect, test } from 'vitest';
import { RUN_STATUSES } from '../../../src/core/run.ts';
import type { RunFilter, Store } from '../../../src/storage/store.ts';
import {
  commitOne,
  creation,
  hookRecord,
  NOW,
  numbers,
  payloadFor,
  startFree,
} from '../fixtures.ts';
import type { Harness } from '../harness.ts';

export function listingCases({ fresh }: Harness): void {
  const ids = async (store: Store, filter: Partial<RunFilter> = {}) =>
    (await store.listRuns({ limit: 100, ...filter })).items.map((run) => run.runId);

  async function namedRuns(count: number): Promise<Store> {
    const { store } = await fresh();
    await store.commit(numbers(count).map((index) => creation({ runId: `run_${index}` })));
    return store;
  }

  test('runs are listed newest first', async () => {
    const store = await namedRuns(3);
    expect(await ids(store)).toEqual(['run_3', 'run_2', 'run_1']);
    expect((await store.listRuns({ limit: 3 })).nextCursor).toBeNull();
  });

  test.each([1, 2, 3, 4, 7, 8])('pages of %i hold every run once', async (limit) => {
    const store = await namedRuns(7);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listRuns({ limit, cursor });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      expect(page.items.length).toBeGreaterThan(0);
      found.push(...page.items.map((run) => run.runId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(found).toEqual(numbers(7).map((index) => `run_${8 - index}`));
  });

  test('the children of a run and the runs of a schedule can be listed', async () => {
    const { store } = await fresh();
    const family = (index: number) => ({
      runId: `run_${index}`,
      parentRunId: index % 2 === 0 ? 'run_1' : null,
      scheduleId: index % 3 === 0 ? 'nightly' : 'other',
    });
    await store.commit(numbers(12).map((index) => creation(family(index))));
    const [parentRunId, scheduleId] = ['run_1', 'nightly'];
    const children = [12, 10, 8, 6, 4, 2].map((index) => `run_${index}`);
    expect(await ids(store, { parentRunId })).toEqual(children);
    expect(await ids(store, { scheduleId })).toEqual(['run_12', 'run_9', 'run_6', 'run_3']);
    expect(await ids(store, { scheduleId, parentRunId })).toEqual(['run_12', 'run_6']);
    expect(await ids(store, { parentRunId: 'run_2' })).toEqual([]);
    expect(await ids(store, { parentRunId, statuses: ['failed'] })).toEqual([]);
    const first = await store.listRuns({ limit: 4, parentRunId });
    const rest = await ids(store, { parentRunId, cursor: first.nextCursor ?? '' });
    expect([...first.items.map((run) => run.runId), ...rest]).toEqual(children);
  });

  test('runs that appear while somebody turns pages are neither skipped nor repeated (inventory 11.14)', async () => {
    const store = await namedRuns(9);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listRuns({ limit: 2, cursor });
      found.push(...page.items.map((run) => run.runId));
      cursor = page.nextCursor ?? undefined;
      await startFree(store);
    } while (cursor !== undefined);
    expect(found).toEqual(numbers(9).map((index) => `run_${10 - index}`));
  });

  test('pages of a filtered list hold every match once', async () => {
    const { store } = await fresh();
    const tagged = (index: number) =>
      creation({ runId: `run_${index}`, tags: index % 3 === 0 ? ['third'] : [] });
    await store.commit(numbers(20).map(tagged));
    const first = await store.listRuns({ limit: 4, tag: 'third' });
    const second = await store.listRuns({ limit: 4, tag: 'third', cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map((run) => run.runId)).toEqual(
      [18, 15, 12, 9, 6, 3].map((index) => `run_${index}`),
    );
    expect(second.nextCursor).toBeNull();
  });

  test.each(['', 'x', '-1', '1.5', '1e3', ' 1', "1' OR 1=1", '0x10', '\u0000', 'null', '{}'])(
    'the cursor %j is none of ours: an empty page',
    async (cursor) => {
      const store = await namedRuns(3);
      await startFree(store, {}, { hooks: [hookRecord('any')] });
      const empty = { items: [], nextCursor: null };
      expect(await store.listRuns({ limit: 2, cursor })).toEqual(empty);
      expect(await store.listHooks({ limit: 2, cursor })).toEqual(empty);
    },
  );

  test('filters by status', async () => {
    const { store } = await fresh();
    await store.commit(
      RUN_STATUSES.map((status) => creation({ runId: status, status, input: 'x' })),
    );
    for (const status of RUN_STATUSES)
      expect(await ids(store, { statuses: [status] })).toEqual([status]);
    expect(await ids(store, { statuses: ['failed', 'pending'] })).toEqual(['failed', 'pending']);
    expect(await ids(store, { statuses: [] })).toEqual([]);
    expect(await ids(store, { statuses: [...RUN_STATUSES] })).toHaveLength(RUN_STATUSES.length);
  });

  test('filters by workflow, tag and time of creation, together and alone', async () => {
    const { store } = await fresh();
    await startFree(store, { runId: 'a1', workflowName: 'a', tags: ['x'], createdAt: NOW });
    await startFree(store, {
      runId: 'a2',
      workflowName: 'a',
      tags: ['x', 'y'],
      createdAt: NOW + 1,
    });
    await startFree(store, { runId: 'b1', workflowName: 'b', tags: ['y'], createdAt: NOW + 2 });
    await startFree(store, { runId: 'ab', workflowName: 'ab', tags: [], createdAt: NOW + 3 });
    expect(await ids(store, { workflowName: 'a' })).toEqual(['a2', 'a1']);
    expect(await ids(store, { workflowName: 'A' })).toEqual([]);
    expect(await ids(store, { tag: 'y' })).toEqual(['b1', 'a2']);
    expect(await ids(store, { tag: 'z' })).toEqual([]);
    expect(await ids(store, { since: NOW + 1 })).toEqual(['ab', 'b1', 'a2']);
    expect(await ids(store, { until: NOW + 1 })).toEqual(['a1']);
    expect(await ids(store, { since: NOW + 1, until: NOW + 3 })).toEqual(['b1', 'a2']);
    expect(
      await ids(store, { workflowName: 'a', tag: 'y', since: NOW, statuses: ['running'] }),
    ).toEqual(['a2']);
    expect(await ids(store, { workflowName: 'a', tag: 'y', query: 'b' })).toEqual([]);
  });

  test('searches id, workflow and input, as a part of them and without case', async () => {
    const { store } = await fresh();
    await startFree(store, { runId: 'run_AAA', workflowName: 'ship', input: ['x'] });
    await startFree(store, {
      runId: 'run_bbb',
      workflowName: 'PayInvoice',
      input: { to: 'Straße 東京', n: 42 },
    });
    await startFree(store, {
      runId: 'run_ccc',
      workflowName: 'ship',
      input: 'plain Text',
      metadata: { no: 'aaa' },
    });
    await startFree(store, { runId: 'run_ddd', workflowName: 'ship', input: null, tags: ['aaa'] });
    const found = (query: string) => ids(store, { query });
    expect(await found('aaa')).toEqual(['run_AAA']);
    expect(await found('run_')).toHaveLength(4);
    expect(await found('RUN_B')).toEqual(['run_bbb']);
    expect(await found('payinv')).toEqual(['run_bbb']);
    expect(await found('straße')).toEqual(['run_bbb']);
    expect(await found('東京')).toEqual(['run_bbb']);
    expect(await found('42')).toEqual(['run_bbb']);
    expect(await found('"to":')).toEqual(['run_bbb']);
    expect(await found('pLAIN tEXT')).toEqual(['run_ccc']);
    expect(await found('')).toHaveLength(4);
    expect(await found('nowhere')).toEqual([]);
    expect(await found('workflow.started')).toEqual([]);
    expect(await found('00112233445566778899')).toEqual([]);
  });

  test('a search knows no wildcards', async () => {
    const { store } = await fresh();
    for (const [runId, input] of Object.entries({
      plain: 'abc',
      percent: '100%',
      underscore: 'snake_case',
      star: 'a*c [x]?',
    })) {
      await startFree(store, { runId, input });
    }
    const backslash = await startFree(store, { runId: 'back\\slash', input: 'abc' });
    expect(await ids(store, { query: '%' })).toEqual(['percent']);
    expect(await ids(store, { query: '_' })).toEqual(['underscore']);
    expect(await ids(store, { query: 'a_c' })).toEqual([]);
    expect(await ids(store, { query: 'a%c' })).toEqual([]);
    expect(await ids(store, { query: '*' })).toEqual(['star']);
    expect(await ids(store, { query: '[x]?' })).toEqual(['star']);
    expect(await ids(store, { query: '\\' })).toEqual([backslash]);
    expect(await ids(store, { query: "'" })).toEqual([]);
    expect(await ids(store, { query: 'x'.repeat(100_000) })).toEqual([]);
  });

  test('finds ids by prefix, in order, and the newest one', async () => {
    const { store } = await fresh();
    expect(await store.findRunIds('latest', 2)).toEqual([]);
    for (const runId of ['run_b2', 'run_a1', 'run_b1', 'run_b10', 'rux_a', 'run%x']) {
      await startFree(store, { runId });
    }
    expect(await store.findRunIds('run_b1', 10)).toEqual(['run_b1', 'run_b10']);
    expect(await store.findRunIds('run_', 10)).toEqual(['run_a1', 'run_b1', 'run_b10', 'run_b2']);
    expect(await store.findRunIds('run_', 2)).toEqual(['run_a1', 'run_b1']);
    expect(await store.findRunIds('run%', 10)).toEqual(['run%x']);
    expect(await store.findRunIds('run_b2', 10)).toEqual(['run_b2']);
    expect(await store.findRunIds('run_c', 10)).toEqual([]);
    expect(await store.findRunIds('RUN_', 10)).toEqual([]);
    expect(await store.findRunIds('latest', 10)).toEqual(['run%x']);
    expect(await store.findRunIds('', 10)).toHaveLength(6);
  });

  test('lists hooks newest first, by run, by status, in pages', async () => {
    const { store } = await fresh();
    for (const runId of ['run_a', 'run_b']) {
      const hooks = numbers(3).map((index) => hookRecord(runId, { hookId: `h${index}` }));
      await startFree(store, { runId }, { hooks });
    }
    await commitOne(store, payloadFor('run_a', 1, 'h2'));
    const found = async (filter: object) =>
      (await store.listHooks({ limit: 10, ...filter })).items.map(
        (hook) => `${hook.runId} ${hook.hookId}`,
      );
    const all = ['run_b h3', 'run_b h2', 'run_b h1', 'run_a h3', 'run_a h2', 'run_a h1'];
    expect(await found({})).toEqual(all);
    expect(await found({ runId: 'run_a' })).toEqual(all.slice(3));
    expect(await found({ runId: 'run_c' })).toEqual([]);
    expect(await found({ status: 'received' })).toEqual(['run_a h2']);
    expect(await found({ status: 'pending' })).toEqual(all.filter((name) => name !== 'run_a h2'));
    expect(await found({ status: 'pending', runId: 'run_a' })).toEqual(['run_a h3', 'run_a h1']);
    expect(await found({ status: 'expired' })).toEqual([]);
    const first = await store.listHooks({ limit: 4 });
    const second = await store.listHooks({ limit: 4, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map((hook) => `${hook.runId} ${hook.hookId}`)).toEqual(
      all,
    );
    expect(second.nextCursor).toBeNull();
  });
}
