import { describe, expect, it } from 'vitest';
import { WorkflowAlreadyRunningError } from '../../../src/core/errors.ts';
import { continueAsNew } from '../../../src/primitives/continue-as-new.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../../src/primitives/start-child-workflow.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, until, useWorld } from './world.ts';

describe.each(BACKENDS)('limits on how many run at a time, on %s', (backend) => {
  const world = useWorld(backend);

  /** A workflow that counts how many of it are between its first line and its end. */
  function counted(options: object) {
    const seen = { now: 0, most: 0, order: [] as string[] };
    const enter = step({ name: 'enter' }, async (who: string) => {
      seen.order.push(who);
      seen.now++;
      seen.most = Math.max(seen.most, seen.now);
    });
    const leave = step({ name: 'leave' }, async () => void seen.now--);
    const wf = workflow({ name: 'wf', ...options }, async (who: string) => {
      await enter(who);
      // Asleep it still has its place.
      await sleep('5ms');
      await leave();
      return who;
    });
    return { wf, seen };
  }

  it('lets so many runs of a workflow be active, the others wait in order', async () => {
    const { wf, seen } = counted({ concurrency: { limit: 2 } });
    const [a, b] = [await world.open(), await world.open()];
    await b.startWorker();
    const names = Array.from({ length: 12 }, (_, n) => `r${n}`);
    const runs = await Promise.all(names.map((n) => a.start(wf, n)));
    expect(await Promise.all(runs.map((run) => run.result()))).toEqual(names);
    expect(seen.most).toBe(2);
    expect(seen.now).toBe(0);
  });

  it('counts by key, and by both', async () => {
    const key = (who: string) => who.charAt(0);
    const { wf, seen } = counted({ concurrency: { limit: 3, perKey: 1, key } });
    const client = await world.open();
    const names = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'd1', 'e1'];
    const runs = [];
    for (const name of names) runs.push(await client.start(wf, name));
    await Promise.all(runs.map((run) => run.result()));
    expect(seen.most).toBeLessThanOrEqual(3);
    expect(seen.order.filter((who) => who.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
  });

  it('a run that waits can be cancelled, and lets the next one pass', async () => {
    const wf = workflow({ name: 'wf', concurrency: { limit: 1 } }, async (ms: number) => {
      await sleep(ms / 1000);
      return ms;
    });
    const client = await world.open();
    const first = await client.start(wf, 150);
    const second = await client.start(wf, 1);
    const third = await client.start(wf, 2);
    expect(await second.status()).toBe('pending');
    await second.cancel('never mind');
    expect(await errorOf(second.result())).toMatchObject({ reason: 'never mind' });
    expect((await client.runs.get(second.runId)).startedAt).toBeNull();
    expect(await Promise.all([first.result(), third.result()])).toEqual([150, 2]);
  });

  it('a chain keeps its place', async () => {
    const order: string[] = [];
    const note = step({ name: 'note' }, async (who: string) => void order.push(who));
    const wf = workflow(
      { name: 'wf', concurrency: { limit: 1 } },
      async (who: string): Promise<void> => {
        await note(who);
        if (who.length < 4) return continueAsNew(`${who}+`);
      },
    );
    const client = await world.open();
    const runs = [await client.start(wf, 'a'), await client.start(wf, 'b')];
    await Promise.all(runs.map((run) => run.result()));
    expect(order).toEqual(['a', 'a+', 'a++', 'a+++', 'b', 'b+', 'b++', 'b+++']);
  });

  it('singleton: rejects, or gives the one there is, or replaces it', async () => {
    const make = (name: string, onConflict?: 'return_existing' | 'cancel_existing') =>
      workflow(
        { name, singleton: { key: (who: string) => who, ...(onConflict && { onConflict }) } },
        async () => sleep('1h'),
      );
    const client = await world.open();
    const [rejects, returns, replaces] = [
      make('rejects'),
      make('returns', 'return_existing'),
      make('replaces', 'cancel_existing'),
    ];
    const first = await client.start(rejects, 'a');
    const refused = await errorOf(client.start(rejects, 'a'));
    expect(refused).toBeInstanceOf(WorkflowAlreadyRunningError);
    expect(refused).toMatchObject({ runId: first.runId });
    expect((await client.start(rejects, 'b')).runId).not.toBe(first.runId);

    const existing = await client.start(returns, 'a');
    expect(await client.start(returns, 'a')).toMatchObject({
      runId: existing.runId,
      alreadyStarted: true,
    });

    const old = await client.start(replaces, 'a');
    await until(async () => (await old.status()) === 'suspended');
    const young = await client.start(replaces, 'a');
    expect(await errorOf(old.result())).toMatchObject({
      reason: `replaced by run ${young.runId}`,
    });
    await until(async () => (await young.status()) === 'suspended');
    await first.cancel();
    await errorOf(first.result());
    expect((await client.start(rejects, 'a')).alreadyStarted).toBe(false);
  });

  it('of two starts at the same time one wins', async () => {
    const wf = workflow({ name: 'wf', singleton: true }, async () => sleep('1h'));
    const clients = await Promise.all([1, 2, 3, 4].map(() => world.open()));
    const starts = await Promise.allSettled(clients.map((client) => client.start(wf)));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('a child that a gate refuses fails in its parent', async () => {
    const only = workflow({ name: 'only', singleton: true }, async () => sleep('1h'));
    const parent = workflow({ name: 'parent' }, async () =>
      startChildWorkflow(only).catch((error) => error.cause.name),
    );
    const client = await world.open();
    await client.start(only);
    expect(await (await client.start(parent)).result()).toBe('WorkflowAlreadyRunningError');
  });

  it('shows a rate limit shared by all runs', async () => {
    const at: number[] = [];
    const call = step({ name: 'call', rateLimit: { limit: 2, per: '200ms' } }, async () => {
      at.push(Date.now());
    });
    const wf = workflow({ name: 'wf' }, async () => call());
    const client = await world.open();
    const runs = await Promise.all(Array.from({ length: 6 }, () => client.start(wf)));
    await Promise.all(runs.map((run) => run.result()));
    // A burst of two, then one every 100 ms.
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThanOrEqual(390);
    const delayed = await Promise.all(
      runs.map(async ({ runId }) =>
        (await client.runs.events(runId)).filter(({ type }) => type === 'step.delayed'),
      ),
    );
    expect(delayed.flat()).toHaveLength(4);
  });
});
