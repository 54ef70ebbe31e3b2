import { describe, expect, it } from 'vitest';
import { hook } from '../../../src/primitives/hook.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, pause, sequences, story, until, useWorld } from './world.ts';

describe.each(BACKENDS)('a run without trouble on %s', (backend) => {
  const world = useWorld(backend);

  it('records exactly this', async () => {
    const double = step({ name: 'double' }, async (n: number) => n * 2);
    const order = workflow({ name: 'order' }, async ({ n }: { n: number }) => {
      const once = await double(n);
      await sleep('20ms', { name: 'rest' });
      const { add } = await hook<{ add: number }>('more');
      const [a, b] = await Promise.all([double(once), double(add)]);
      return { a, b };
    });
    const client = await world.open();
    const before = Date.now();
    const run = await client.start(order, { n: 4 }, { tags: ['t'], metadata: { m: 1 } });
    await until(async () => (await client.hooks.list({ status: 'pending' })).items.length === 1);
    const token = (await client.hooks.list()).items[0]!.token;
    await until(async () => (await run.status()) === 'suspended');
    await client.hooks.resume(token, { add: 5 });

    expect(await run.result()).toEqual({ a: 16, b: 10 });
    const events = await client.runs.events(run.runId);
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
    const times = { resume_at: expect.stringMatching(/^\d{4}-.*Z$/) };
    expect(events.map(({ type, data }) => ({ type, data }))).toEqual([
      {
        type: 'workflow.started',
        data: {
          workflow_name: 'order',
          input: { n: 4 },
          metadata: { m: 1 },
          secret: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      },
      {
        type: 'step.started',
        data: { step_id: 'step_double_1', step_name: 'double', args: [4], attempt: 1 },
      },
      {
        type: 'step.completed',
        data: { step_id: 'step_double_1', step_name: 'double', result: 8, attempt: 1 },
      },
      {
        type: 'sleep.started',
        data: { sleep_id: 'sleep_rest_1', duration_seconds: 0.02, name: 'rest', ...times },
      },
      { type: 'sleep.completed', data: { sleep_id: 'sleep_rest_1' } },
      {
        type: 'hook.created',
        data: { hook_id: 'hook_more_1', name: 'more', token, url: '', expires_at: null },
      },
      { type: 'hook.received', data: { hook_id: 'hook_more_1', payload: { add: 5 } } },
      {
        type: 'step.started',
        data: { step_id: 'step_double_2', step_name: 'double', args: [8], attempt: 1 },
      },
      {
        type: 'step.started',
        data: { step_id: 'step_double_3', step_name: 'double', args: [5], attempt: 1 },
      },
      {
        type: 'step.completed',
        data: { step_id: 'step_double_2', step_name: 'double', result: 16, attempt: 1 },
      },
      {
        type: 'step.completed',
        data: { step_id: 'step_double_3', step_name: 'double', result: 10, attempt: 1 },
      },
      {
        type: 'workflow.completed',
        data: { workflow_name: 'order', result: { a: 16, b: 10 } },
      },
    ]);
    const record = await client.runs.get(run.runId);
    expect(record).toMatchObject({
      status: 'completed',
      input: { n: 4 },
      result: { a: 16, b: 10 },
      error: null,
      tags: ['t'],
      metadata: { m: 1 },
      recoveryAttempts: 0,
    });
    for (const time of [record.createdAt, record.startedAt, record.completedAt]) {
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
    expect((await client.hooks.get(token)).status).toBe('received');
  });

  it('is given to a worker when it is started detached', async () => {
    const work = step({ name: 'work' }, async () => 'done');
    const job = workflow({ name: 'job' }, () => work());
    const starter = await world.open();
    const run = await starter.start(job, undefined, { detach: true });
    await pause(60);
    expect(await run.status()).toBe('pending');
    const server = await world.open();
    await server.startWorker();
    expect(await run.result({ timeoutMs: 5000 })).toBe('done');
    expect(await story(starter, run.runId)).toEqual([
      'workflow.started',
      'step.started step_work_1#1',
      'step.completed step_work_1#1',
      'workflow.completed',
    ]);
  });

  it('tells a step where it runs, and a step called by a step is a plain call', async () => {
    const inner = step({ name: 'inner' }, async () => {
      const context = getContext();
      return context.kind === 'step' ? context.stepName : context.kind;
    });
    const outer = step({ name: 'outer' }, async () => {
      const context = getContext();
      if (context.kind !== 'step') throw new Error('not in a step');
      const { runId, workflowName, stepId, attempt, idempotencyKey, metadata } = context;
      return {
        runId,
        workflowName,
        stepId,
        attempt,
        idempotencyKey,
        metadata,
        aborted: context.signal.aborted,
        inner: await inner(),
      };
    });
    const about = workflow({ name: 'about', metadata: { team: 'a' } }, () => outer());
    const client = await world.open();
    const run = await client.start(about);
    expect(await run.result()).toEqual({
      runId: run.runId,
      workflowName: 'about',
      stepId: 'step_outer_1',
      attempt: 1,
      idempotencyKey: `${run.runId}:step_outer_1`,
      metadata: { team: 'a' },
      aborted: false,
      inner: 'outer',
    });
  });

  it('hands out copies: nobody sees what another one changes in place', async () => {
    const kept: { list: number[] }[] = [];
    const make = step({ name: 'make' }, async () => {
      const made = { list: [1] };
      kept.push(made);
      return made;
    });
    const look = step({ name: 'look' }, async (given: { list: number[] }) => {
      const seen = [...given.list];
      given.list.push(99);
      return seen;
    });
    const share = workflow({ name: 'share' }, async (input: { list: number[] }) => {
      const made = await make();
      kept[0]!.list.push(2);
      const afterStep = [...made.list];
      const looking = look(made);
      made.list.push(3);
      const seen = await looking;
      input.list.push(4);
      return { afterStep, seen, made };
    });
    const client = await world.open();
    const input = { list: [0] };
    const run = await client.start(share, input);
    expect(await run.result()).toEqual({
      afterStep: [1],
      seen: [1],
      made: { list: [1, 3] },
    });
    expect(input).toEqual({ list: [0] });
    expect((await client.runs.get(run.runId)).input).toEqual({ list: [0] });
  });

  it('keeps the losers of a race, but does not wait for them', async () => {
    const ended: string[] = [];
    const wait = step({ name: 'wait' }, async (ms: number) => {
      await pause(ms);
      ended.push(String(ms));
      return ms;
    });
    const fails = step({ name: 'fails', maxRetries: 0 }, async () => {
      await pause(30);
      throw new Error('loser');
    });
    const race = workflow({ name: 'race' }, async () => {
      const first = await Promise.race([wait(150), wait(5), fails(), sleep('1h').then(() => -1)]);
      const second = await wait(60);
      return { first, second };
    });
    const client = await world.open();
    const run = await client.start(race);
    expect(await run.result()).toEqual({ first: 5, second: 60 });
    const list = await story(client, run.runId);
    expect(list).toContain('step.failed step_fails_1#1');
    expect(list.at(-1)).toBe('workflow.completed');
    expect(await sequences(client, run.runId)).toEqual(list.map((_, index) => index + 1));
    await pause(150);
    // The loser has ended meanwhile; a finished run never changes again.
    expect(ended).toContain('150');
    expect(await story(client, run.runId)).toEqual(list);
  });

  it('does not begin a step that nobody awaits when the run ends', async () => {
    const began: string[] = [];
    const mark = step({ name: 'mark' }, async (what: string) => void began.push(what));
    const careless = workflow({ name: 'careless' }, async (when: 'first' | 'later') => {
      if (when === 'later') await mark('before');
      void mark('after');
      return 'done';
    });
    const client = await world.open();
    expect(await (await client.start(careless, 'first')).result()).toBe('done');
    expect(await (await client.start(careless, 'later')).result()).toBe('done');
    await pause(30);
    expect(began).toEqual(['before']);
  });
});
