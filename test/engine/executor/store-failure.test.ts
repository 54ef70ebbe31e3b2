import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../../src/core/errors.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import type { Store } from '../../../src/storage/store.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, gate, pause, story, until, useWorld } from './world.ts';

/** A store that can be made to fail: its writes, as on a full disk, or everything. */
function createBreakable(): { wrap(store: Store): Store; broken: 'no' | 'writes' | 'all' } {
  const state = {
    broken: 'no' as 'no' | 'writes' | 'all',
    wrap(store: Store): Store {
      const writes = new Set(['commit', 'claim', 'registerWorker', 'removeWorker']);
      const spared = new Set(['description', 'watch', 'keepAlive', 'close']);
      const entries = Object.entries(store).map(([key, value]) => {
        if (spared.has(key)) return [key, value];
        return [
          key,
          async (...args: unknown[]) => {
            if (state.broken === 'all' || (state.broken === 'writes' && writes.has(key))) {
              throw new StoreUnavailableError('The disk of the database is full');
            }
            return (value as (...given: unknown[]) => unknown)(...args);
          },
        ];
      });
      return Object.fromEntries(entries) as Store;
    },
  };
  return state;
}

describe.each(BACKENDS)('a store that fails, on %s', (backend) => {
  const world = useWorld(backend);

  it.each(['writes', 'all'] as const)(
    'ends every wait and the worker (%s); a later process finishes the runs',
    async (broken) => {
      const store = createBreakable();
      const client = await world.open({}, { wrap: store.wrap });
      const began: string[] = [];
      const recorded: string[] = [];
      const reasons: unknown[] = [];
      const go = gate();
      const first = step({ name: 'first' }, async (name: string) => {
        began.push(`first ${name}`);
        return name;
      });
      const second = step({ name: 'second' }, async (name: string) => {
        began.push(`second ${name}`);
        const { signal } = getContext();
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        await go.promise;
        return name;
      });
      const wf = workflow({ name: 'wf' }, async (name: string) => [
        await first(name),
        await second(name),
      ]);
      const sleeper = workflow({ name: 'sleeper' }, async () => {
        await sleep('1h');
      });
      const worker = await client.startWorker();
      const done = errorOf(worker.done);
      const runs = await Promise.all(['a', 'b'].map((name) => client.start(wf, name)));
      const asleep = await client.start(sleeper);
      await until(() => began.length === 4);
      for (const run of runs) recorded.push(...(await story(client, run.runId)));
      expect(recorded.filter((text) => text.startsWith('step.completed step_first'))).toHaveLength(
        2,
      );
      const waits = [
        ...runs.map((run) => run.result()),
        runs[0]!.result(),
        asleep.result(),
        client.runs.wait(runs[1]!.runId),
        (async () => {
          for await (const _ of client.runs.follow(asleep.runId));
        })(),
      ].map((wait) => errorOf(wait));
      await pause(20);

      store.broken = broken;
      go.open();
      for (const wait of waits) expect(await wait).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await done).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      for (const call of [
        () => client.start(wf, 'c'),
        () => client.start(wf, 'c', { detach: true }),
        () => client.startWorker(),
        () => client.runs.cancel(asleep.runId),
        () => asleep.result(),
      ]) {
        expect(await errorOf(call()), String(call)).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      }
      expect(worker.activeRuns).toBe(0);
      store.broken = 'no';
      expect(await errorOf(client.start(wf, 'c'))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await client.close();

      const later = await world.open();
      await later.startWorker();
      for (const [index, name] of ['a', 'b'].entries()) {
        const record = await later.runs.wait(runs[index]!.runId, { timeoutMs: 5000 });
        expect(record).toMatchObject({ status: 'completed', result: [name, name] });
      }
      expect(began.filter((text) => text.startsWith('first'))).toHaveLength(2);
    },
  );

  it('lets its runs go even if nobody closes the client', async () => {
    const store = createBreakable();
    const client = await world.open({ worker: { lease: '200ms' } }, { wrap: store.wrap });
    const go = gate();
    let attempts = 0;
    const work = step({ name: 'work' }, async () => {
      attempts++;
      await go.promise;
      return 'done';
    });
    const wf = workflow({ name: 'wf' }, () => work());
    const run = await client.start(wf);
    await until(() => attempts === 1);
    store.broken = 'writes';
    go.open();
    expect(await errorOf(run.result())).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const later = await world.open();
    await later.startWorker();
    // The memory store lives in this process, which is alive: there only close() lets go.
    if (backend === 'memory') {
      store.broken = 'no';
      await client.close();
      return;
    }
    expect((await later.runs.wait(run.runId, { timeoutMs: 5000 })).status).toBe('completed');
  });

  it('refuses a start that could not be written, and only that', async () => {
    const store = createBreakable();
    const client = await world.open({}, { wrap: store.wrap });
    const wf = workflow({ name: 'wf' }, async () => 'done');
    await (await client.start(wf)).result();
    store.broken = 'writes';
    expect(await errorOf(client.start(wf))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await errorOf(client.start(wf, undefined, { detach: true }))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    store.broken = 'no';
    expect(await (await client.start(wf)).result()).toBe('done');
    expect((await client.runs.list()).items).toHaveLength(2);
  });

  it('at the very first moment can be outwaited by trying again', async () => {
    const store = createBreakable();
    const client = await world.open({}, { wrap: store.wrap });
    const wf = workflow({ name: 'wf' }, async () => 'done');
    store.broken = 'writes';
    expect(await errorOf(client.start(wf))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    store.broken = 'no';
    expect(await (await client.start(wf)).result()).toBe('done');
  });

  it('leaves a hook pending whose payload could not be written', async () => {
    const store = createBreakable();
    const client = await world.open();
    const other = await world.open({}, { wrap: store.wrap });
    const wf = workflow({ name: 'wf' }, () => hook('ask'));
    const run = await client.start(wf);
    const token = `${run.runId}:hook_ask_1`;
    store.broken = 'writes';
    expect(await errorOf(other.hooks.resume(token, 1))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    store.broken = 'no';
    await other.hooks.resume(token, 2);
    expect(await run.result({ timeoutMs: 3000 })).toBe(2);
  });

  it('does not keep a client from closing', async () => {
    const store = createBreakable();
    const client = await world.open({}, { wrap: store.wrap });
    await client.startWorker();
    store.broken = 'all';
    await client.close();
    await client.close();
  });
});
