import { describe, expect, it } from 'vitest';
import { registerClass } from '../../../src/core/codec.ts';
import { NonDeterminismError, StuckWorkflowError } from '../../../src/core/errors.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../../src/workflow/registry.ts';
import { BACKENDS, errorOf, pause, story, until, useWorld } from './world.ts';

describe.each(BACKENDS)('parking on %s', (backend) => {
  const world = useWorld(backend);

  it('keeps a run whose code no longer fits, until the code is mended', async () => {
    const define = (order: 'old' | 'new' | 'mended') => {
      clearRegistry();
      const first = step({ name: 'first' }, async () => 1);
      const second = step({ name: 'second' }, async () => 2);
      return workflow({ name: 'wf' }, async () => {
        const a = order === 'new' ? await second() : await first();
        await sleep('50ms');
        return [a, order, await second()];
      });
    };
    const before = await world.open();
    const old = await before.start(define('old'));
    await until(async () => (await old.status()) === 'suspended');
    await before.close();

    define('new');
    const client = await world.open();
    const worker = await client.startWorker();
    const parked = await client.runs.wait(old.runId, { timeoutMs: 5000 });
    expect(parked.status).toBe('interrupted');
    expect(parked.error).toMatchObject({ name: 'NonDeterminismError', code: 'NON_DETERMINISM' });
    const details = {
      recorded: "step 'first' (step_first_1)",
      requested: "step 'second' (step_second_1)",
      source: expect.stringContaining('parking.test.ts'),
      sequence: 2,
    };
    const events = await client.runs.events(old.runId);
    expect(events.at(-1)).toMatchObject({
      type: 'workflow.interrupted',
      data: {
        reason: 'non_determinism',
        worker_id: null,
        recoverable: true,
        last_event_sequence: events.length - 1,
        details,
      },
    });
    const waited = await errorOf(client.runs.wait(old.runId).then(() => Promise.reject(parked)));
    expect(waited).toBe(parked);
    // Nobody touches it, though its timer is due.
    await pause(100);
    expect(worker.activeRuns).toBe(0);
    expect((await client.runs.events(old.runId)).length).toBe(events.length);

    // Tried again without a change it parks again.
    await client.runs.resume(old.runId);
    await until(async () => (await client.runs.events(old.runId)).length > events.length);
    expect((await client.runs.get(old.runId)).status).toBe('interrupted');

    define('mended');
    await client.runs.resume(old.runId, { requestedBy: 'me' });
    expect(await client.runs.wait(old.runId, { timeoutMs: 5000 })).toMatchObject({
      status: 'completed',
      error: null,
    });
    const list = await story(client, old.runId);
    expect(list.filter((text) => text === 'workflow.resumed')).toHaveLength(1);
    expect(list.slice(-4)).toEqual([
      'sleep.completed sleep_1',
      'step.started step_second_1#1',
      'step.completed step_second_1#1',
      'workflow.completed',
    ]);
  });

  it('gives the result to the same handle after the run was resumed', async () => {
    let stuck = true;
    const wf = workflow({ name: 'wf' }, async () => {
      if (stuck) await new Promise(() => {});
      return 'unstuck';
    });
    const client = await world.open();
    const run = await client.start(wf);
    const error = await errorOf(run.result());
    expect(error).toMatchObject({ name: 'WorkflowFailedError', status: 'interrupted' });
    expect(error.cause).toBeInstanceOf(StuckWorkflowError);
    stuck = false;
    await client.runs.resume(run.runId);
    expect(await run.result({ timeoutMs: 3000 })).toBe('unstuck');
  });

  it('names what a stuck run awaits', async () => {
    const quick = step({ name: 'quick' }, async () => 1);
    const wf = workflow({ name: 'wf' }, async () => {
      await quick();
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    const client = await world.open();
    const run = await client.start(wf);
    const error = await errorOf(run.result());
    expect(error.cause).toMatchObject({ name: 'StuckWorkflowError' });
    expect(error.message).toMatch(/setTimeout\(\) at .*parking\.test\.ts:\d+/);
    const last = (await client.runs.events(run.runId)).at(-1);
    expect(last).toMatchObject({ type: 'workflow.interrupted', data: { reason: 'stuck' } });
  });

  it('parks a run that goes on after something foreign, though a step still runs', async () => {
    let release = () => {};
    const other = step({ name: 'other' }, async () => 1);
    const long = step({ name: 'long' }, () => pause(5000));
    const wf = workflow({ name: 'wf' }, async () => {
      const foreign = new Promise<void>((resolve) => {
        release = resolve;
      });
      await Promise.all([long(), foreign.then(() => other())]);
    });
    const client = await world.open();
    const run = await client.start(wf);
    await until(async () => (await story(client, run.runId)).length === 2);
    release();
    const error = await errorOf(run.result(), 3000);
    expect(error.cause).toMatchObject({ name: 'StuckWorkflowError' });
  });

  it('is not how the worker ends that meets a value it cannot read', async () => {
    class Money {
      cents = 0;
      constructor(cents: number) {
        this.cents = cents;
      }
    }
    let canRead = true;
    registerClass(Money, {
      name: `Money_${backend}`,
      encode: (money) => money.cents,
      decode: (cents) => {
        if (!canRead) throw new Error('this program cannot read money');
        return new Money(cents as number);
      },
    });
    const earn = step({ name: 'earn' }, async () => new Money(5));
    const poor = workflow({ name: 'poor' }, async () => {
      const money = await earn();
      const tip = (await hook('tip')) as number;
      return money.cents + tip;
    });
    const fine = workflow({ name: 'fine' }, async () => 'fine');
    const before = await world.open();
    const run = await before.start(poor);
    await until(async () => (await run.status()) === 'suspended');
    await before.close();

    canRead = false;
    const client = await world.open();
    const worker = await client.startWorker();
    let gaveUp: unknown;
    worker.done.catch((error) => {
      gaveUp = error;
    });
    await client.hooks.resume(`${run.runId}:hook_tip_1`, 1);
    await until(async () => (await client.runs.get(run.runId)).status === 'interrupted');
    expect(gaveUp).toBeUndefined();
    expect(await (await client.start(fine)).result()).toBe('fine');
    expect((await client.runs.get(run.runId)).error?.message).toContain('cannot read money');

    canRead = true;
    await client.runs.resume(run.runId);
    expect((await client.runs.wait(run.runId, { timeoutMs: 3000 })).result).toBe(6);
  });

  it('lets NonDeterminismError arrive as itself in handle.result()', async () => {
    const one = step({ name: 'one' }, async () => 1);
    const two = step({ name: 'two' }, async () => 2);
    let swap = false;
    const wf = workflow({ name: 'wf' }, async () => {
      await (swap ? two() : one());
      await hook('go');
    });
    const first = await world.open({ worker: { cacheSize: 0 } });
    const run = await first.start(wf);
    await until(async () => (await run.status()) === 'suspended');
    swap = true;
    await first.hooks.resume(`${run.runId}:hook_go_1`, 1);
    const error = await errorOf(run.result());
    expect(error.cause).toBeInstanceOf(NonDeterminismError);
  });
});
