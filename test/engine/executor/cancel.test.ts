import { describe, expect, it } from 'vitest';
import { CancellationError } from '../../../src/core/errors.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { shield } from '../../../src/primitives/shield.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, pause, story, until, useWorld } from './world.ts';

describe.each(BACKENDS)('cancelling on %s', (backend) => {
  const world = useWorld(backend);

  it('reaches a running step at once, also from another client, and lets the code clean up', async () => {
    let abortedAt = 0;
    let reason: unknown;
    let attempts = 0;
    const work = step({ name: 'work' }, async () => {
      attempts++;
      const { signal } = getContext();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      abortedAt = performance.now();
      reason = signal.reason;
      signal.throwIfAborted();
    });
    const undo = step({ name: 'undo' }, async () => 'undone');
    const wf = workflow({ name: 'wf' }, async () => {
      try {
        await work();
      } catch (error) {
        if (error instanceof CancellationError) await shield(() => undo());
        throw error;
      }
    });
    const owner = await world.open();
    const other = await world.open();
    const run = await owner.start(wf);
    await until(() => attempts === 1);
    const asked = performance.now();
    expect(await other.runs.cancel(run.runId, { reason: 'changed my mind' })).toMatchObject({
      runId: run.runId,
      cancelled: true,
    });
    expect(await errorOf(run.result())).toBeInstanceOf(CancellationError);
    expect(abortedAt - asked).toBeLessThan(150);
    expect(reason).toMatchObject({ name: 'CancellationError', reason: 'changed my mind' });
    expect(await story(owner, run.runId)).toEqual([
      'workflow.started',
      'step.started step_work_1#1',
      'cancellation.requested',
      'step.started step_undo_1#1',
      'step.cancelled step_work_1',
      'step.completed step_undo_1#1',
      'workflow.cancelled',
    ]);
    expect(attempts).toBe(1);
    const events = await owner.runs.events(run.runId);
    expect(events[2]?.data).toMatchObject({
      reason: 'changed my mind',
      requested_by: 'cancel_workflow',
    });
    expect(events.at(-1)?.data).toMatchObject({
      reason: 'changed my mind',
      cleanup_completed: true,
    });
  });

  it('wakes a suspended run for its cleanup, and clears what it waited for', async () => {
    const cleaned: string[] = [];
    const undo = step({ name: 'undo' }, async (what: string) => void cleaned.push(what));
    const wf = workflow({ name: 'wf' }, async () => {
      try {
        await Promise.race([sleep('1h'), hook('never')]);
      } finally {
        await shield(async () => {
          await undo('a');
          await sleep('10ms');
          await undo('b');
        });
      }
    });
    const client = await world.open();
    const run = await client.start(wf);
    await until(async () => (await run.status()) === 'suspended');
    expect((await run.cancel()).cancelled).toBe(true);
    expect(await errorOf(run.result())).toBeInstanceOf(CancellationError);
    expect(cleaned).toEqual(['a', 'b']);
    const [hookRecord] = (await client.hooks.list({ runId: run.runId })).items;
    expect(hookRecord!.status).toBe('disposed');
    expect(await story(client, run.runId)).toEqual([
      'workflow.started',
      'sleep.started sleep_1',
      'hook.created hook_never_1',
      'cancellation.requested',
      'step.started step_undo_1#1',
      'hook.disposed hook_never_1',
      'step.completed step_undo_1#1',
      'sleep.started sleep_2',
      'sleep.completed sleep_2',
      'step.started step_undo_2#1',
      'step.completed step_undo_2#1',
      'workflow.cancelled',
    ]);
  });

  it('ends a step that waits for its retry: it is never tried again', async () => {
    let attempts = 0;
    const failing = step({ name: 'failing', retryDelay: '150ms' }, async () => {
      attempts++;
      throw new Error('x');
    });
    const wf = workflow({ name: 'wf' }, async () => {
      await failing().catch(() => {});
      await shield(() => sleep('300ms'));
    });
    const client = await world.open();
    const run = await client.start(wf);
    await until(async () => (await run.status()) === 'suspended');
    await run.cancel('stop');
    // The code swallows the cancellation and ends by itself: then it has ended well.
    expect(await run.result()).toBeUndefined();
    expect(attempts).toBe(1);
    expect(await story(client, run.runId)).toContain('step.cancelled step_failing_1');
  });

  it('does nothing to a run that has ended', async () => {
    const wf = workflow({ name: 'wf' }, async () => 1);
    const client = await world.open();
    const run = await client.start(wf);
    await run.result();
    const before = await story(client, run.runId);
    expect(await run.cancel()).toEqual({
      runId: run.runId,
      cancelled: false,
      status: 'completed',
    });
    await pause(30);
    expect(await story(client, run.runId)).toEqual(before);
  });

  it('asked twice is asked once', async () => {
    const wf = workflow({ name: 'wf' }, () => sleep('1h'));
    const client = await world.open();
    const run = await client.start(wf);
    await Promise.all([run.cancel('one'), run.cancel('two')]);
    expect(await errorOf(run.result())).toBeInstanceOf(CancellationError);
    const events = await story(client, run.runId);
    expect(events.filter((text) => text.startsWith('cancellation'))).toHaveLength(1);
  });

  it('of a detached run takes effect before its first step', async () => {
    let attempts = 0;
    const work = step({ name: 'work' }, async () => void attempts++);
    const wf = workflow({ name: 'wf' }, () => work());
    const client = await world.open();
    const run = await client.start(wf, undefined, { detach: true });
    expect((await run.cancel()).cancelled).toBe(true);
    await (await world.open()).startWorker();
    expect(await errorOf(run.result())).toBeInstanceOf(CancellationError);
    expect(attempts).toBe(0);
  });

  it('ends a parked run, whose code cannot clean up', async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      await new Promise(() => {});
    });
    const client = await world.open();
    const run = await client.start(wf);
    expect((await errorOf(run.result())).message).toContain('interrupted');
    expect((await run.cancel('give up')).cancelled).toBe(true);
    await until(async () => (await run.status()) === 'cancelled');
    const events = await client.runs.events(run.runId);
    expect(events.slice(-2)).toMatchObject([
      { type: 'cancellation.requested', data: { reason: 'give up' } },
      { type: 'workflow.cancelled', data: { reason: 'give up', cleanup_completed: false } },
    ]);
  });

  it('and a run out of time: maxDuration fails it, whatever it waits for', async () => {
    const reasons: unknown[] = [];
    const work = step({ name: 'work' }, async () => {
      const { signal } = getContext();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(signal.reason);
    });
    const busy = workflow({ name: 'busy', maxDuration: '80ms' }, () => work());
    const idle = workflow({ name: 'idle', maxDuration: '80ms' }, async () => {
      await hook('never');
    });
    const client = await world.open();
    const runs = [await client.start(busy), await client.start(idle)];
    for (const run of runs) {
      const error = await errorOf(run.result());
      expect(error.cause).toMatchObject({ name: 'WorkflowTimeoutError', code: 'WORKFLOW_TIMEOUT' });
      expect(await run.status()).toBe('failed');
    }
    await until(() => reasons.length === 1);
    expect(await story(client, runs[1]!.runId)).toEqual([
      'workflow.started',
      'hook.created hook_never_1',
      'hook.disposed hook_never_1',
      'workflow.failed',
    ]);
    const quick = workflow({ name: 'quick', maxDuration: '50ms' }, async () => 'in time');
    const run = await client.start(quick);
    await run.result();
    await pause(80);
    expect(await run.status()).toBe('completed');
  });
});
