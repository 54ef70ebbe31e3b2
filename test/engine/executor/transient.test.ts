import { describe, expect, it } from 'vitest';
import { CancellationError, FatalError, WorkflowFailedError } from '../../../src/core/errors.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { shield } from '../../../src/primitives/shield.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { createManualClock } from './manual-clock.ts';
import { errorOf, pause, useWorld } from './world.ts';

describe('a run without a store (durable: false)', () => {
  const world = useWorld('memory');
  const transient = { durable: false };

  it('runs, retries and sleeps in this process, and leaves nothing in the store', async () => {
    const clock = createManualClock();
    const seen: unknown[] = [];
    const flaky = step({ name: 'flaky' }, async (cart: { items: number[] }) => {
      const context = getContext();
      seen.push([clock.now(), structuredClone(cart), context.kind === 'step' && context.attempt]);
      cart.items.push(9);
      if (seen.length < 3) throw new Error('again');
      return cart;
    });
    const wf = workflow({ name: 'wf', durable: false }, async (input: { items: number[] }) => {
      const cart = await flaky(input);
      await sleep('1h');
      return { cart, input };
    });
    const client = await world.open({}, { clock });
    const start = clock.now();
    const run = await client.start(wf, { items: [1] });
    expect(await run.status()).toBe('running');
    expect(await clock.through(run.result())).toEqual({
      cart: { items: [1, 9] },
      input: { items: [1] },
    });
    expect(clock.now()).toBe(start + 3000 + 3_600_000);
    expect(await run.status()).toBe('completed');
    expect(seen).toEqual([
      [start, { items: [1] }, 1],
      [start + 1000, { items: [1] }, 2],
      [start + 3000, { items: [1] }, 3],
    ]);
    expect((await client.runs.list()).items).toEqual([]);
  });

  it('fails as a durable one does', async () => {
    const bad = step({ name: 'bad' }, async () => {
      throw new FatalError('no');
    });
    const wf = workflow({ name: 'wf' }, () => bad());
    const client = await world.open();
    const error = await errorOf((await client.start(wf, undefined, transient)).result());
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause).toMatchObject({ name: 'StepFailedError', attempts: 1 });
    const unstorable = step({ name: 'unstorable' }, async () => Symbol('x'));
    const other = workflow({ name: 'other' }, () => unstorable());
    const refused = await errorOf((await client.start(other, undefined, transient)).result());
    expect((refused.cause as Error).cause).toMatchObject({ name: 'SerializationError' });
  });

  it('is cancelled: the step is told, the cleanup runs, nothing is retried', async () => {
    const told: string[] = [];
    let attempts = 0;
    const work = step({ name: 'work' }, async () => {
      attempts++;
      const { signal } = getContext();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      told.push('signal');
      throw new Error('interrupted');
    });
    const undo = step({ name: 'undo' }, async () => void told.push('undone'));
    const wf = workflow({ name: 'wf' }, async () => {
      try {
        await work();
      } finally {
        await shield(async () => {
          await sleep(0.01);
          await undo();
        });
      }
    });
    const client = await world.open();
    const run = await client.start(wf, undefined, transient);
    await pause(5);
    expect(await run.cancel('enough')).toMatchObject({ cancelled: true });
    const error = await errorOf(run.result());
    expect(error).toBeInstanceOf(CancellationError);
    expect(error).toMatchObject({ reason: 'enough' });
    expect(told).toEqual(['signal', 'undone']);
    expect(attempts).toBe(1);
    expect(await run.status()).toBe('cancelled');
    expect(await run.cancel()).toMatchObject({ cancelled: false });
  });

  it('is cancelled only if somebody asked', async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      throw new CancellationError('of its own');
    });
    const client = await world.open();
    const run = await client.start(wf, undefined, transient);
    expect(await errorOf(run.result())).toBeInstanceOf(WorkflowFailedError);
  });

  it('refuses hooks, which nobody outside could reach', async () => {
    const wf = workflow({ name: 'wf' }, () => hook('ask'));
    const client = await world.open();
    const error = await errorOf((await client.start(wf, undefined, transient)).result());
    expect(error.cause).toMatchObject({ code: 'OUTSIDE_WORKFLOW' });
    expect((error.cause as Error).message).toContain('durable: false');
  });

  it('draws random numbers, and survives a branch that nobody awaits', async () => {
    const fails = step({ name: 'fails', maxRetries: 0 }, async () => {
      throw new Error('nobody looks');
    });
    const wf = workflow({ name: 'wf' }, async () => {
      void fails();
      await sleep(0.02);
      return [Math.random(), crypto.randomUUID(), new Date() > new Date(0)];
    });
    const client = await world.open();
    // From the first durable run on, a workflow's Math.random is its context's.
    const durable = workflow({ name: 'durable' }, async () => 1);
    await (await client.start(durable)).result();
    const result = await (await client.start(wf, undefined, transient)).result();
    expect(result).toEqual([expect.any(Number), expect.stringMatching(/^[0-9a-f-]{36}$/), true]);
  });

  it('keeps maxDuration and the limits of a wait', async () => {
    const slow = step({ name: 'slow', timeout: '20ms', maxRetries: 0 }, () => pause(1000));
    const times = workflow({ name: 'times', durable: false }, () => slow());
    const long = workflow({ name: 'long', durable: false, maxDuration: '60ms' }, async () => {
      await sleep('1h');
    });
    const client = await world.open();
    const timedOut = await errorOf((await client.start(times)).result());
    expect((timedOut.cause as Error).cause).toMatchObject({ name: 'StepTimeoutError' });
    const run = await client.start(long);
    expect(await errorOf(run.result({ timeoutMs: 10 }))).toMatchObject({ code: 'WAIT_TIMEOUT' });
    const aborted = run.result({ signal: AbortSignal.abort(new Error('enough')) });
    expect((await errorOf(aborted)).message).toBe('enough');
    expect((await errorOf(run.result())).cause).toMatchObject({ code: 'WORKFLOW_TIMEOUT' });
    expect(await run.status()).toBe('failed');
  });
});
