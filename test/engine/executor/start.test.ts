import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SerializationError } from '../../../src/core/errors.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, pause, story, useWorld } from './world.ts';

describe.each(BACKENDS)('starting on %s', (backend) => {
  const world = useWorld(backend);

  function echo() {
    return workflow({ name: 'echo' }, async (input: unknown) => input);
  }

  it('gives the same run for the same key and input, also after it has ended', async () => {
    const wf = echo();
    const client = await world.open();
    const first = await client.start(wf, { a: 1, b: [new Date(0)] }, { idempotencyKey: 'k' });
    await first.result();
    const again = await client.start(wf, { b: [new Date(0)], a: 1 }, { idempotencyKey: 'k' });
    expect(again).toMatchObject({ runId: first.runId, alreadyStarted: true });
    expect(await again.result()).toEqual({ a: 1, b: [new Date(0)] });
    const error = await errorOf(client.start(wf, { a: 2 }, { idempotencyKey: 'k' }));
    expect(error).toMatchObject({ code: 'ALREADY_RUNNING', details: { run_id: first.runId } });
    // Another workflow has keys of its own.
    const other = workflow({ name: 'other' }, async (input: unknown) => input);
    const third = await client.start(other, { a: 2 }, { idempotencyKey: 'k' });
    expect(third.alreadyStarted).toBe(false);
  });

  it('makes one run of fifty concurrent starts with one key', async () => {
    let runs = 0;
    const count = step({ name: 'count' }, async () => ++runs);
    const wf = workflow({ name: 'wf' }, async (input: { list: number[] }) => {
      // Losers of the race for the key have run up to here, too.
      input.list.push(1);
      return count();
    });
    const clients = [await world.open(), await world.open()];
    const handles = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        clients[n % 2]!.start(wf, { list: [0] }, { idempotencyKey: 'k' }),
      ),
    );
    expect(new Set(handles.map((handle) => handle.runId)).size).toBe(1);
    expect(handles.filter((handle) => !handle.alreadyStarted)).toHaveLength(1);
    for (const handle of handles) expect(await handle.result({ timeoutMs: 5000 })).toBe(1);
    expect(runs).toBe(1);
  });

  it('carries on with a run that an earlier process left asleep', async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      await sleep('200ms');
      return 'woken';
    });
    const first = await world.open();
    const left = await first.start(wf, undefined, { idempotencyKey: 'k' });
    await first.close();
    const second = await world.open();
    const run = await second.start(wf, undefined, { idempotencyKey: 'k' });
    expect(run).toMatchObject({ runId: left.runId, alreadyStarted: true });
    expect(await run.result({ timeoutMs: 3000 })).toBe('woken');
  });

  it('refuses unknown workflows and names the nearest', async () => {
    workflow({ name: 'processOrder' }, async () => 1);
    const client = await world.open();
    const error = await errorOf(client.start('procesOrder'));
    expect(error).toMatchObject({ code: 'UNKNOWN_WORKFLOW' });
    expect((error as { hint?: string }).hint).toContain("'processOrder'");
    expect((await client.runs.list()).items).toEqual([]);
  });

  it('checks the input and hands on what the schema makes of it', async () => {
    const input = z.object({ id: z.string(), amount: z.number().default(9) });
    const wf = workflow({ name: 'wf', input }, async (given) => given);
    const client = await world.open();
    const error = await errorOf(client.start('wf', { id: 1 }));
    expect(error).toMatchObject({ code: 'VALIDATION', issues: [{ path: 'id' }] });
    expect(await (await client.start(wf, { id: 'x' })).result()).toEqual({ id: 'x', amount: 9 });
    expect((await client.runs.list()).items).toHaveLength(1);
  });

  it('refuses an input that cannot be stored, with the path to it', async () => {
    const wf = echo();
    const client = await world.open();
    const error = await errorOf(client.start(wf, { list: [1, { fn: () => 1 }] }));
    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ path: 'list[1].fn' });
    expect((await client.runs.list()).items).toEqual([]);
  });

  it('fails a step whose result or arguments cannot be stored, at once and with the path', async () => {
    let attempts = 0;
    const bad = step({ name: 'bad' }, async () => {
      attempts++;
      return { deep: [Symbol('x')] };
    });
    const good = step({ name: 'good' }, async (_arg: unknown) => 1);
    const wf = workflow({ name: 'wf' }, async () => {
      const errors: unknown[] = [];
      await bad().catch((error) => errors.push(error.name, error.cause.name, error.cause.path));
      await good({ a: { fn() {} } }).catch((error) => errors.push(error.name, error.path));
      return errors;
    });
    const client = await world.open();
    const run = await client.start(wf);
    expect(await run.result()).toEqual([
      'StepFailedError',
      'SerializationError',
      'deep[0]',
      'SerializationError',
      '[0].a.fn',
    ]);
    expect(attempts).toBe(1);
  });

  it('fails a run whose output cannot be stored, or that throws, with the reason', async () => {
    const client = await world.open();
    const output = workflow({ name: 'output' }, async () => ({ out: new WeakMap() }));
    const failed = await errorOf((await client.start(output)).result());
    expect(failed).toMatchObject({ name: 'WorkflowFailedError', status: 'failed' });
    expect(failed.cause).toMatchObject({ name: 'SerializationError', path: 'out' });

    const throws = workflow({ name: 'throws' }, () => {
      throw Object.assign(new RangeError('synchronous'), { code: 'E_X' });
    });
    const run = await client.start(throws);
    const thrown = await errorOf(run.result());
    expect(thrown.cause).toBeInstanceOf(RangeError);
    expect(thrown.cause).toMatchObject({ message: 'synchronous', code: 'E_X' });
    expect((await client.runs.get(run.runId)).error).toMatchObject({ name: 'RangeError' });

    const odd = workflow({ name: 'odd' }, async () => {
      throw 'just text';
    });
    expect((await errorOf((await client.start(odd)).result())).cause).toMatchObject({
      name: 'NonError',
      message: 'just text',
    });
  });

  it('does not let a rejection that nobody handles end the process', async () => {
    const fails = step({ name: 'fails', maxRetries: 0 }, async () => {
      throw new Error('nobody looks');
    });
    const rest = step({ name: 'rest' }, () => pause(30));
    const wf = workflow({ name: 'wf' }, async () => {
      void fails();
      await rest();
      return 'fine';
    });
    const client = await world.open();
    expect(await (await client.start(wf)).result()).toBe('fine');
  });

  it('leaves an existing run alone when only asked to record it', async () => {
    const work = step({ name: 'work' }, async () => 1);
    const wf = workflow({ name: 'wf' }, () => work());
    const client = await world.open();
    const options = { idempotencyKey: 'k', detach: true };
    const run = await client.start(wf, undefined, options);
    await client.start(wf, undefined, options);
    await pause(60);
    expect(await story(client, run.runId)).toEqual(['workflow.started']);
  });

  it('refuses metadata that cannot be stored, and tags that are no text', async () => {
    const client = await world.open();
    const metadata = { deep: { fn: () => 1 } } as never;
    const error = await errorOf(client.start(echo(), 1, { metadata }));
    expect(error).toMatchObject({ code: 'SERIALIZATION', path: 'deep.fn' });
    const tags = ['a', 1] as never;
    const other = await errorOf(client.start('echo', 1, { tags }));
    expect(other).toMatchObject({ code: 'VALIDATION', issues: [{ path: 'tags[1]' }] });
    expect((await client.runs.list()).items).toEqual([]);
  });
});
