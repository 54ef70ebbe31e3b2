import { describe, expect, it } from 'vitest';
import type { Client } from '../../../src/client/client.ts';
import {
  CancellationError,
  ChildWorkflowFailedError,
  MaxNestingDepthError,
  ValidationError,
} from '../../../src/core/errors.ts';
import type { ParentClosePolicy } from '../../../src/core/event.ts';
import { continueAsNew } from '../../../src/primitives/continue-as-new.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { shield } from '../../../src/primitives/shield.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../../src/primitives/start-child-workflow.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, until, useWorld } from './world.ts';

/** Types of a run's events, without those of steps and sleeps. */
async function turns(client: Client, runId: string): Promise<string[]> {
  const events = await client.runs.events(runId);
  return events.map(({ type }) => type).filter((type) => !/^(step|sleep)\./.test(type));
}

async function childrenOf(client: Client, runId: string) {
  return (await client.runs.list({ parentRunId: runId })).items;
}

describe.each(BACKENDS)('child workflows on %s', (backend) => {
  const world = useWorld(backend);

  it('gives the parent the result, and is a run of its own (inventory 11.8, 11.17)', async () => {
    const child = workflow({ name: 'child' }, async (n: number) => n * 2);
    const parent = workflow({ name: 'parent' }, async (n: number) => {
      const first = await startChildWorkflow(child, n);
      return first + (await startChildWorkflow(child, n));
    });
    const client = await world.open();
    const run = await client.start(parent, 7);
    expect(await run.result()).toBe(28);
    expect(await turns(client, run.runId)).toEqual([
      'workflow.started',
      'child_workflow.started',
      'child_workflow.completed',
      'child_workflow.started',
      'child_workflow.completed',
      'workflow.completed',
    ]);
    const [second, first] = await childrenOf(client, run.runId);
    expect([first?.childId, second?.childId]).toEqual(['child_child_1', 'child_child_2']);
    expect(first).toMatchObject({ status: 'completed', nestingDepth: 1, parentRunId: run.runId });
    expect(first?.startedAt).not.toBeNull();
    expect(first?.completedAt).not.toBeNull();
    const [started] = await client.runs.events(first!.runId);
    expect(started?.data).toMatchObject({ parent_run_id: run.runId, input: 7 });
  });

  it('runs children side by side, each told once', async () => {
    const child = workflow({ name: 'child' }, async (n: number) => {
      await sleep(n % 3 === 0 ? '5ms' : 0);
      return n;
    });
    const parent = workflow({ name: 'parent' }, async () =>
      Promise.all(Array.from({ length: 30 }, (_, n) => startChildWorkflow(child, n))),
    );
    const client = await world.open();
    const run = await client.start(parent);
    expect(await run.result()).toEqual(Array.from({ length: 30 }, (_, n) => n));
    const types = await turns(client, run.runId);
    expect(types.filter((type) => type === 'child_workflow.completed')).toHaveLength(30);
  });

  it('waits for a child that sleeps, retries and waits for a hook', async () => {
    let attempts = 0;
    const flaky = step({ name: 'flaky', retryDelay: '10ms' }, async () => {
      attempts++;
      if (attempts < 3) throw new Error('not yet');
      return attempts;
    });
    const child = workflow({ name: 'child' }, async () => {
      await sleep('10ms');
      const tries = await flaky();
      return { tries, said: await hook<string>('word') };
    });
    const parent = workflow({ name: 'parent' }, async () => startChildWorkflow(child));
    const client = await world.open();
    const run = await client.start(parent);
    await until(async () => (await client.hooks.list({ status: 'pending' })).items.length === 1);
    const [waiting] = (await client.hooks.list({ status: 'pending' })).items;
    await client.hooks.resume(waiting!.token, 'yes');
    expect(await run.result()).toEqual({ tries: 3, said: 'yes' });
  });

  it('tells failure and cancellation apart, with the error itself (inventory 11.8)', async () => {
    class CardError extends Error {
      override name = 'CardError';
    }
    const fails = workflow({ name: 'fails' }, async () => {
      throw new CardError('declined');
    });
    const waits = workflow({ name: 'waits' }, async () => sleep('1h'));
    const caught: ChildWorkflowFailedError[] = [];
    const parent = workflow({ name: 'parent' }, async () => {
      const handle = await startChildWorkflow(waits, undefined, { waitForCompletion: false });
      await handle.cancel('not needed');
      for (const attempt of [() => startChildWorkflow(fails), () => handle.result()]) {
        await attempt().catch((error) => caught.push(error));
      }
      return [await handle.status(), await handle.cancel()];
    });
    const client = await world.open();
    const run = await client.start(parent);
    expect(await run.result()).toEqual(['cancelled', false]);
    const [failed, cancelled] = caught;
    expect(failed).toBeInstanceOf(ChildWorkflowFailedError);
    expect(failed).toMatchObject({ childWorkflowName: 'fails', status: 'failed' });
    expect(failed?.cause).toMatchObject({ name: 'CardError', message: 'declined' });
    expect(cancelled).toMatchObject({ status: 'cancelled', cause: { reason: 'not needed' } });
    const types = await turns(client, run.runId);
    expect(types.filter((type) => type.startsWith('child_workflow.'))).toEqual([
      'child_workflow.started',
      'child_workflow.cancel_requested',
      'child_workflow.started',
      ...types.filter((type) => /child_workflow.(failed|cancelled)/.test(type)),
    ]);
    expect([...types].sort()).toContain('child_workflow.cancelled');
    expect([...types].sort()).toContain('child_workflow.failed');
  });

  it('waits for the end of a chain that continues as new (inventory 11.8, 11.21)', async () => {
    const child = workflow({ name: 'child' }, async (left: number): Promise<string> => {
      await sleep('2ms');
      return left === 0 ? 'done' : continueAsNew(left - 1);
    });
    const parent = workflow({ name: 'parent' }, async () => startChildWorkflow(child, 5));
    const client = await world.open();
    const run = await client.start(parent);
    expect(await run.result()).toBe('done');
    const generations = await childrenOf(client, run.runId);
    expect(generations.map(({ status }) => status)).toEqual([
      'completed',
      ...Array(5).fill('continued_as_new'),
    ]);
    const ended = (await client.runs.events(run.runId)).filter(
      ({ type }) => type === 'child_workflow.completed',
    );
    expect(ended).toHaveLength(1);
    expect(ended[0]?.data).toMatchObject({ child_run_id: generations[0]?.runId });
  });

  it('cancels the last run of a chain', async () => {
    const child = workflow({ name: 'child' }, async (left: number): Promise<void> => {
      if (left > 0) return continueAsNew(left - 1);
      await sleep('1h');
    });
    const parent = workflow({ name: 'parent' }, async () => {
      const handle = await startChildWorkflow(child, 3, { waitForCompletion: false });
      await sleep('60ms');
      await handle.cancel('enough');
      return handle.result().catch((error) => error.cause.reason);
    });
    const client = await world.open();
    const run = await client.start(parent);
    expect(await run.result()).toBe('enough');
  });

  describe('when the parent ends', () => {
    const cases: readonly [ParentClosePolicy, string, boolean][] = [
      ['terminate', 'cancelled', false],
      ['request_cancel', 'cancelled', true],
      ['abandon', 'completed', false],
    ];
    it.each(cases)('%s: the tree is %s', async (parentClosePolicy, status, cleanedUp) => {
      const cleaned: string[] = [];
      const clean = step({ name: 'clean' }, async (who: string) => void cleaned.push(who));
      const leaf = workflow({ name: 'leaf' }, async () => waiting('leaf'));
      const middle = workflow({ name: 'middle' }, async () => {
        const options = { waitForCompletion: false, parentClosePolicy } as const;
        await startChildWorkflow(leaf, undefined, options);
        await waiting('middle');
      });
      const root = workflow({ name: 'root' }, async () => {
        const options = { waitForCompletion: false, parentClosePolicy } as const;
        await startChildWorkflow(middle, undefined, options);
        await sleep('100ms');
      });
      async function waiting(who: string): Promise<void> {
        try {
          await sleep(parentClosePolicy === 'abandon' ? '400ms' : '1h');
        } finally {
          if (parentClosePolicy !== 'abandon') await shield(() => clean(who));
        }
      }
      const client = await world.open();
      const run = await client.start(root);
      await run.result();
      const [middleRun] = await childrenOf(client, run.runId);
      const [leafRun] = await childrenOf(client, middleRun!.runId);
      for (const { runId } of [middleRun!, leafRun!]) {
        expect((await client.runs.wait(runId, { timeoutMs: 5000 })).status).toBe(status);
        const last = (await client.runs.events(runId)).at(-1);
        if (status === 'cancelled') {
          expect(last?.data).toMatchObject({ cleanup_completed: cleanedUp });
        }
      }
      expect(cleaned.sort()).toEqual(cleanedUp ? ['leaf', 'middle'] : []);
      const asked = (await client.runs.events(run.runId)).filter(
        ({ type }) => type === 'child_workflow.cancel_requested',
      );
      expect(asked).toHaveLength(status === 'cancelled' ? 1 : 0);
    });

    it('closes it also after a failure and a continue-as-new', async () => {
      const child = workflow({ name: 'child' }, async () => sleep('1h'));
      const parent = workflow({ name: 'parent' }, async (how: string): Promise<void> => {
        if (how === 'end') return;
        await startChildWorkflow(child, undefined, { waitForCompletion: false });
        await sleep('20ms');
        if (how === 'fail') throw new Error('no');
        return continueAsNew('end');
      });
      const client = await world.open();
      for (const how of ['fail', 'continue']) {
        const run = await client.start(parent, how);
        await run.result().catch(() => {});
        const [closed] = await childrenOf(client, run.runId);
        expect((await client.runs.wait(closed!.runId, { timeoutMs: 5000 })).status).toBe(
          'cancelled',
        );
      }
    });

    it('closes a child that it started with its last breath', async () => {
      const child = workflow({ name: 'child' }, async () => sleep('1h'));
      const parent = workflow({ name: 'parent' }, async () => {
        await startChildWorkflow(child, undefined, { waitForCompletion: false });
        return 'gone';
      });
      const client = await world.open();
      const run = await client.start(parent);
      expect(await run.result()).toBe('gone');
      const [closed] = await childrenOf(client, run.runId);
      const ended = await client.runs.wait(closed!.runId, { timeoutMs: 5000 });
      expect(ended).toMatchObject({ status: 'cancelled', startedAt: null });
    });
  });

  it('cancelling reaches grandchildren, and all of them clean up (inventory 11.4)', async () => {
    const cleaned: string[] = [];
    const clean = step({ name: 'clean' }, async (who: string) => void cleaned.push(who));
    const nested = (name: string, inner?: () => Promise<unknown>) =>
      workflow({ name }, async () => {
        try {
          await (inner === undefined ? sleep('1h') : inner());
        } finally {
          await shield(() => clean(name));
        }
      });
    const leaf = nested('leaf');
    const middle = nested('middle', () => startChildWorkflow(leaf));
    const root = nested('root', () => startChildWorkflow(middle));
    const client = await world.open();
    const run = await client.start(root);
    await until(
      async () =>
        (await client.runs.list({ workflowName: 'leaf', statuses: ['suspended'] })).items.length >
        0,
    );
    await run.cancel('stop');
    expect(await errorOf(run.result())).toMatchObject({
      name: 'CancellationError',
      reason: 'stop',
    });
    for (const { runId } of (await client.runs.list()).items) {
      expect((await client.runs.wait(runId, { timeoutMs: 5000 })).status).toBe('cancelled');
    }
    expect(cleaned.sort()).toEqual(['leaf', 'middle', 'root']);
  });

  it('a shielded child outlives the cancellation of its parent', async () => {
    const undo = workflow({ name: 'undo' }, async () => {
      await sleep('20ms');
      return 'undone';
    });
    let undone: unknown;
    const parent = workflow({ name: 'parent' }, async () => {
      try {
        await sleep('1h');
      } finally {
        undone = await shield(() => startChildWorkflow(undo));
      }
    });
    const client = await world.open();
    const run = await client.start(parent);
    await until(async () => (await run.status()) === 'suspended');
    await run.cancel();
    expect(await errorOf(run.result())).toBeInstanceOf(CancellationError);
    expect(undone).toBe('undone');
  });

  it('refuses what is too deep or does not fit, before anything is started', async () => {
    const parent = workflow({ name: 'nest' }, async (depth: number): Promise<string> => {
      try {
        return await startChildWorkflow('nest', depth + 1).then(String);
      } catch (error) {
        if (error instanceof MaxNestingDepthError) return `${depth}: ${error.message}`;
        throw error;
      }
    });
    const wrong = workflow({ name: 'wrong' }, async () => {
      const options = { parentClosePolicy: 'explode' as never };
      const errors = [
        await startChildWorkflow('nobody').catch((error) => error.name),
        await startChildWorkflow(parent, 1, options).catch((error) => error.name),
        await startChildWorkflow(parent, (() => {}) as never).catch((error) => error.name),
      ];
      return errors;
    });
    const client = await world.open();
    expect(await (await client.start(parent, 0)).result()).toBe(
      '3: A run at depth 3 may not start child workflows',
    );
    expect(await (await client.start(wrong)).result()).toEqual([
      'UnknownWorkflowError',
      ValidationError.name,
      'SerializationError',
    ]);
    expect((await client.runs.list({ workflowName: 'nest' })).items).toHaveLength(4);
  });

  it('another process goes on with the whole tree, and each end is told once', async () => {
    const child = workflow({ name: 'child' }, async (n: number) => {
      await sleep('150ms');
      return n;
    });
    const parent = workflow({ name: 'parent' }, async () =>
      Promise.all([1, 2, 3].map((n) => startChildWorkflow(child, n))),
    );
    const first = await world.open();
    const run = await first.start(parent);
    await until(
      async () => (await first.runs.list({ statuses: ['suspended'] })).items.length === 4,
    );
    await first.close();
    const second = await world.open();
    await second.startWorker();
    const ended = await second.runs.wait(run.runId, { timeoutMs: 10_000 });
    expect(ended).toMatchObject({ status: 'completed', result: [1, 2, 3] });
    const types = await turns(second, run.runId);
    expect(types.filter((type) => type === 'child_workflow.completed')).toHaveLength(3);
  });

  it('a parked parent that is cancelled closes its children', async () => {
    const child = workflow({ name: 'child' }, async () => sleep('1h'));
    let broken = false;
    const parent = workflow({ name: 'parent' }, async () => {
      if (broken) await sleep('1s');
      await startChildWorkflow(child, undefined, { waitForCompletion: false });
      await sleep('50ms');
    });
    const client = await world.open({ worker: { cacheSize: 0 } });
    const run = await client.start(parent);
    broken = true;
    await until(async () => (await run.status()) === 'interrupted');
    await run.cancel();
    await until(async () => (await run.status()) === 'cancelled');
    const [closed] = await childrenOf(client, run.runId);
    expect((await client.runs.wait(closed!.runId, { timeoutMs: 5000 })).status).toBe('cancelled');
  });
});
