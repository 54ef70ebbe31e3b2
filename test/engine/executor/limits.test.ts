import { describe, expect, it } from 'vitest';
import { EventLimitExceededError, PayloadTooLargeError } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/observability/logger.ts';
import { reportProgress } from '../../../src/primitives/report-progress.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, gate, until, useWorld } from './world.ts';

function recordingLogger(): { log: Logger; lines: { message: string; fields: unknown }[] } {
  const lines: { message: string; fields: unknown }[] = [];
  const write = (message: string, fields?: unknown) => void lines.push({ message, fields });
  return { log: { debug: write, info: write, warn: write, error: write }, lines };
}

describe.each(BACKENDS)('limits of one run on %s', (backend) => {
  const world = useWorld(backend);
  const tick = step({ name: 'tick' }, async () => {});

  it('warns beyond the soft limit of events and fails at the hard one (inventory 2.6)', async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      for (;;) await tick();
    });
    const { log, lines } = recordingLogger();
    const limits = { eventSoftLimit: 20, eventHardLimit: 50, eventWarningInterval: 10 };
    const client = await world.open({ limits }, { log });
    const run = await client.start(wf);
    const error = await errorOf(run.result());
    expect(error.cause).toBeInstanceOf(EventLimitExceededError);
    const warned = lines.filter(({ message }) => message.includes('many events'));
    expect(warned).toHaveLength(3);
    expect(await client.runs.events(run.runId)).toHaveLength(51);
  });

  it('fails a step whose result is too large, and names a large one in a warning', async () => {
    const big = step({ name: 'big' }, async (size: number) => 'x'.repeat(size));
    const wf = workflow({ name: 'wf' }, async (size: number) => (await big(size)).length);
    const { log, lines } = recordingLogger();
    const limits = { payloadWarningSize: 1000, payloadHardLimit: 5000 };
    const client = await world.open({ limits }, { log });
    expect(await (await client.start(wf, 2000)).result()).toBe(2000);
    expect(lines).toContainEqual({
      message: 'a large payload was recorded',
      fields: expect.objectContaining({ step_name: 'big', event: 'step.completed' }),
    });
    const run = await client.start(wf, 6000);
    const error = await errorOf(run.result());
    expect((error.cause as Error).cause).toBeInstanceOf(PayloadTooLargeError);
    const failed = (await client.runs.events(run.runId)).filter(
      ({ type }) => type === 'step.failed',
    );
    expect(failed).toHaveLength(1);
  });

  it('maxDuration counts from the start of the work, not from its order (inventory 11.9)', async () => {
    const wf = workflow({ name: 'wf', maxDuration: '300ms' }, async () => sleep('50ms'));
    const client = await world.open();
    const run = await client.start(wf, undefined, { detach: true });
    await new Promise((resolve) => setTimeout(resolve, 400));
    await client.startWorker();
    expect((await client.runs.wait(run.runId)).status).toBe('completed');
  });

  it("a run's time begins when it does, cold as well as warm", async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      const begun = Date.now();
      await sleep('100ms');
      return { begun, after: Date.now() };
    });
    const client = await world.open({ worker: { cacheSize: 0 } });
    const run = await client.start(wf, undefined, { detach: true });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.startWorker();
    const { begun, after } = (await run.result()) as { begun: number; after: number };
    const { createdAt, startedAt } = await client.runs.get(run.runId);
    expect(begun).toBe(startedAt);
    expect(begun - createdAt).toBeGreaterThanOrEqual(190);
    expect(after - begun).toBeGreaterThanOrEqual(100);
  });

  it('shows progress from the body and from a step while they run', async () => {
    const { promise, open } = gate();
    const work = step({ name: 'work' }, async () => {
      reportProgress(5, 10, 'half');
      await promise;
    });
    const wf = workflow({ name: 'wf' }, async () => {
      reportProgress(0, 10);
      await sleep('5ms');
      await work();
      reportProgress(10, 10, 'done');
    });
    const client = await world.open();
    const run = await client.start(wf);
    expect((await client.runs.get(run.runId)).progress).toMatchObject({ done: 0, total: 10 });
    await until(async () => (await client.runs.get(run.runId)).progress?.done === 5);
    expect((await client.runs.get(run.runId)).progress).toMatchObject({ note: 'half' });
    open();
    await run.result();
    expect((await client.runs.get(run.runId)).progress).toMatchObject({ done: 10, note: 'done' });
  });

  it('a failed run can be restarted under its key, by choice (inventory 11.22)', async () => {
    let broken = true;
    const wf = workflow({ name: 'wf' }, async (n: number) => {
      if (broken) throw new Error('broken');
      return n;
    });
    const client = await world.open();
    const first = await client.start(wf, 1, { idempotencyKey: 'k' });
    await errorOf(first.result());
    broken = false;
    const same = await client.start(wf, 1, { idempotencyKey: 'k' });
    expect(same).toMatchObject({ runId: first.runId, alreadyStarted: true });
    const restarts = await Promise.all(
      [1, 2, 3].map(() => client.start(wf, 1, { idempotencyKey: 'k', ifFailed: 'restart' })),
    );
    expect(new Set(restarts.map(({ runId }) => runId)).size).toBe(1);
    expect(restarts[0]!.runId).not.toBe(first.runId);
    expect(await restarts[0]!.result()).toBe(1);
    expect((await client.runs.get(first.runId)).idempotencyKey).toBeNull();
  });
});
