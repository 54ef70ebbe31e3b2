import { describe, expect, it } from 'vitest';
import type { WorkflowEvent } from '../../../src/core/event.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, pause, until, useWorld } from './world.ts';

describe.each(BACKENDS)('waiting on %s', (backend) => {
  const world = useWorld(backend);

  function waiter() {
    return workflow({ name: 'waiter' }, () => hook('go'));
  }

  it('ends with a timeout, and the run goes on', async () => {
    const client = await world.open();
    const run = await client.start(waiter());
    const error = await errorOf(run.result({ timeoutMs: 30 }));
    expect(error).toMatchObject({ code: 'WAIT_TIMEOUT', details: { timeout_ms: 30 } });
    expect(await errorOf(client.runs.wait(run.runId, { timeoutMs: 0 }))).toMatchObject({
      code: 'WAIT_TIMEOUT',
    });
    await client.hooks.resume(`${run.runId}:hook_go_1`, 'on');
    expect(await run.result({ timeoutMs: 3000 })).toBe('on');
  });

  it('ends with the reason of a signal, before and while it fires', async () => {
    const client = await world.open();
    const run = await client.start(waiter());
    const controller = new AbortController();
    const waits = [
      run.result({ signal: controller.signal }),
      client.runs.wait('latest', controller),
    ];
    await pause(10);
    controller.abort(new Error('enough'));
    for (const wait of waits) expect((await errorOf(wait)).message).toBe('enough');
    expect((await errorOf(run.result(controller))).message).toBe('enough');
  });

  it('serves any number of waiters at once', async () => {
    const client = await world.open();
    const other = await world.open();
    const run = await client.start(waiter());
    const waits = [
      run.result(),
      run.result({ timeoutMs: 3000 }),
      run.result(),
      client.runs.wait(run.runId).then((record) => record.result),
      other.runs.wait(run.runId).then((record) => record.result),
    ];
    await pause(20);
    await other.hooks.resume(`${run.runId}:hook_go_1`, 'all');
    expect(await Promise.all(waits)).toEqual(Array(5).fill('all'));
    expect(await run.result()).toBe('all');
  });

  it('sees the end of a run that another client executes', async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      await sleep('60ms');
      return 'far away';
    });
    const starter = await world.open();
    const server = await world.open();
    const run = await starter.start(wf, undefined, { detach: true });
    const result = run.result({ timeoutMs: 4000 });
    await server.startWorker();
    expect(await result).toBe('far away');
  });

  it('follows a run event by event to its end, from here and from elsewhere', async () => {
    const n = step({ name: 'n' }, async (value: number) => value);
    const wf = workflow({ name: 'wf' }, async () => {
      for (let i = 0; i < 3; i++) await n(i);
      await hook('go');
      for (let i = 0; i < 600; i++) await n(i);
    });
    const client = await world.open();
    const other = await world.open();
    const run = await client.start(wf);
    const collect = async (from: typeof client, after = 0) => {
      const events: WorkflowEvent[] = [];
      for await (const event of from.runs.follow(run.runId, { after })) events.push(event);
      return events;
    };
    const following = [collect(client), collect(other), collect(client, 5)];
    await until(async () => (await run.status()) === 'suspended');
    await other.hooks.resume(`${run.runId}:hook_go_1`, null);
    const [here, there, late] = await Promise.all(following);
    const all = await client.runs.events(run.runId);
    expect(all.at(-1)?.type).toBe('workflow.completed');
    expect(here).toEqual(all);
    expect(there).toEqual(all);
    expect(late).toEqual(all.slice(5));
    expect(await collect(client, all.length)).toEqual([]);
    expect(await client.runs.events(run.runId, { after: 3, limit: 2 })).toEqual(all.slice(3, 5));
  });

  it('stops following by a signal or by leaving the loop', async () => {
    const client = await world.open();
    const run = await client.start(waiter());
    const controller = new AbortController();
    const seen: string[] = [];
    setTimeout(() => controller.abort(), 40);
    for await (const event of client.runs.follow(run.runId, controller)) seen.push(event.type);
    expect(seen).toEqual(['workflow.started', 'hook.created']);
    for await (const event of client.runs.follow('latest')) {
      expect(event.type).toBe('workflow.started');
      break;
    }
  });

  it('finds a run by a prefix, refuses an ambiguous and an unknown one', async () => {
    const client = await world.open();
    const run = await client.start(waiter());
    expect((await client.runs.get(run.runId.slice(0, 12))).runId).toBe(run.runId);
    await client.start('waiter');
    expect(await errorOf(client.runs.get('run_'))).toMatchObject({ code: 'AMBIGUOUS_ID' });
    for (const id of ['run_ffff', '', 'nonsense', 'run_%']) {
      expect(await errorOf(client.runs.wait(id)), id).toMatchObject({
        code: expect.stringMatching(/RUN_NOT_FOUND|AMBIGUOUS_ID/),
      });
    }
  });
});
