import { describe, expect, it } from 'vitest';
import { sleep } from '../../../src/primitives/sleep.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, gate, pause, story, until, useWorld } from './world.ts';

describe.each(BACKENDS)('stopping on %s', (backend) => {
  const world = useWorld(backend);

  it('lets the running step end, records it, and another client carries on', async () => {
    const go = gate<string>();
    const began: string[] = [];
    const first = step({ name: 'first' }, async () => {
      began.push('first');
      return go.promise;
    });
    const second = step({ name: 'second' }, async () => {
      began.push('second');
      return 'b';
    });
    const wf = workflow({ name: 'wf' }, async () => [await first(), await second()]);
    const one = await world.open();
    const worker = await one.startWorker({ name: 'one' });
    expect(worker.name).toBe('one');
    const run = await one.start(wf);
    await until(() => began.length === 1);
    const stopping = worker.stop();
    await pause(30);
    expect(await run.status()).toBe('running');
    go.open('a');
    await stopping;
    await worker.done;
    expect(began).toEqual(['first']);
    expect(await story(one, run.runId)).toContain('step.completed step_first_1#1');

    const two = await world.open();
    await two.startWorker();
    expect(await run.result({ timeoutMs: 4000 })).toEqual(['a', 'b']);
    expect(began).toEqual(['first', 'second']);
    // Handed back, not lost.
    expect((await two.runs.get(run.runId)).recoveryAttempts).toBe(0);
    expect(await story(two, run.runId)).not.toContain('workflow.interrupted');
  });

  it('waits no longer than the grace, then tells the step by its signal', async () => {
    const reasons: unknown[] = [];
    const stubborn = step({ name: 'stubborn' }, async () => {
      const { signal } = getContext();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(signal.reason);
    });
    const wf = workflow({ name: 'wf' }, () => stubborn());
    const one = await world.open();
    const worker = await one.startWorker();
    const run = await one.start(wf);
    await until(async () => (await story(one, run.runId)).length === 2);
    const began = performance.now();
    await worker.stop({ graceMs: 80 });
    expect(performance.now() - began).toBeLessThan(600);
    await pause(5);
    expect(reasons).toMatchObject([{ code: 'CLOSED' }]);
  });

  it('starts nothing in a run that was being created meanwhile', async () => {
    let begun = 0;
    const count = step({ name: 'count' }, async () => ++begun);
    const wf = workflow({ name: 'wf' }, () => count());
    const one = await world.open();
    await (await one.start(wf)).result();
    const starting = Promise.allSettled(Array.from({ length: 5 }, () => one.start(wf)));
    await one.close();
    const begunAtClose = begun;
    const handles = await starting;
    await pause(30);
    expect(begun).toBe(begunAtClose);

    const two = await world.open();
    await two.startWorker();
    const all = async () => (await two.runs.list()).items;
    await until(async () => (await all()).every((run) => run.status === 'completed'));
    const started = handles.filter((handle) => handle.status === 'fulfilled').length;
    expect(await all()).toHaveLength(1 + started);
    expect(begun).toBe(1 + started);
  });

  it('can be asked for twice, at once and one after the other', async () => {
    const client = await world.open();
    const worker = await client.startWorker();
    await Promise.all([worker.stop(), client.close(), client.close()]);
    await client.close();
    await worker.stop();
    await worker.done;
  });

  it('leaves a client that refuses everything', async () => {
    const wf = workflow({ name: 'wf' }, () => sleep('1h'));
    const client = await world.open();
    const run = await client.start(wf);
    await client.close();
    const calls: (() => Promise<unknown>)[] = [
      () => client.start(wf),
      () => client.start(wf, undefined, { detach: true }),
      () => client.startWorker(),
      () => client.runs.get(run.runId),
      () => client.runs.list(),
      () => client.runs.events(run.runId),
      () => client.runs.cancel(run.runId),
      () => client.runs.resume(run.runId),
      () => client.runs.wait(run.runId),
      () => client.hooks.list(),
      () => client.hooks.resume(`${run.runId}:hook_x_1`, 1),
      () => run.result(),
      () => run.status(),
      async () => {
        for await (const _ of client.runs.follow(run.runId));
      },
    ];
    for (const call of calls) {
      expect(await errorOf(call()), String(call)).toMatchObject({ code: 'CLOSED' });
    }
  });

  it('ends every wait that is going on', async () => {
    const wf = workflow({ name: 'wf' }, () => sleep('1h'));
    const client = await world.open();
    const run = await client.start(wf);
    const waits = [
      errorOf(run.result()),
      errorOf(run.result()),
      errorOf(client.runs.wait(run.runId)),
      errorOf(
        (async () => {
          for await (const _ of client.runs.follow(run.runId));
        })(),
      ),
    ];
    await pause(20);
    await client.close();
    for (const wait of waits) expect(await wait).toMatchObject({ code: 'CLOSED' });
  });

  it('may come at any moment of a wait', async () => {
    const wf = workflow({ name: 'wf' }, () => sleep('1h'));
    const owner = await world.open();
    const { runId } = await owner.start(wf);
    for (let turns = 0; turns < 12; turns++) {
      const client = await world.open();
      const wait = errorOf(client.runs.wait(runId));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await client.close();
      expect(await wait).toMatchObject({ code: 'CLOSED' });
    }
  });

  it('of the worker leaves a client that can still ask and wait', async () => {
    const wf = workflow({ name: 'wf' }, async () => {
      await sleep('200ms');
      return 'slept';
    });
    const one = await world.open();
    const worker = await one.startWorker();
    const run = await one.start(wf);
    await worker.stop();
    expect((await one.runs.get(run.runId)).status).toBe('suspended');
    expect(await errorOf(one.start(wf))).toMatchObject({ code: 'CLOSED' });
    expect(await errorOf(one.startWorker())).toMatchObject({ code: 'CLOSED' });
    const two = await world.open();
    await two.startWorker();
    expect(await run.result({ timeoutMs: 4000 })).toBe('slept');
    const detached = await one.start(wf, undefined, { detach: true });
    expect(await detached.result({ timeoutMs: 4000 })).toBe('slept');
  });
});
