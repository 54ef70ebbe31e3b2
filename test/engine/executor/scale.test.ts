import { describe, expect, it } from 'vitest';
import { sleep } from '../../../src/primitives/sleep.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, pause, sequences, useWorld } from './world.ts';

describe.each(BACKENDS)('many at once on %s', (backend) => {
  const world = useWorld(backend);

  it('runs 1,000 parallel steps in one run', async () => {
    let running = 0;
    let most = 0;
    const work = step({ name: 'work' }, async (n: number) => {
      running++;
      most = Math.max(most, running);
      await pause(n % 7);
      running--;
      return n;
    });
    const wf = workflow({ name: 'wf' }, async () => {
      const all = await Promise.all(Array.from({ length: 1000 }, (_, n) => work(n)));
      return all.reduce((sum, n) => sum + n, 0);
    });
    const client = await world.open();
    const run = await client.start(wf);
    expect(await run.result({ timeoutMs: 20_000 })).toBe(499_500);
    expect(most).toBeGreaterThan(100);
    const list = await sequences(client, run.runId);
    expect(list).toEqual(Array.from({ length: 2002 }, (_, index) => index + 1));
  });

  it('never advances more runs at a time than the worker may, and finishes them all', async () => {
    let running = 0;
    let most = 0;
    const work = step({ name: 'work' }, async () => {
      running++;
      most = Math.max(most, running);
      await pause(3);
      running--;
    });
    const wf = workflow({ name: 'wf' }, async (n: number) => {
      await work();
      if (n % 3 === 0) await sleep('20ms');
      await work();
      return n;
    });
    const client = await world.open();
    for (const concurrency of [0, -1, 1.5, Number.NaN]) {
      expect(await errorOf(client.startWorker({ concurrency }))).toMatchObject({
        code: 'VALIDATION',
      });
    }
    const worker = await client.startWorker({ concurrency: 4 });
    const runs = await Promise.all(Array.from({ length: 60 }, (_, n) => client.start(wf, n)));
    const detached = await Promise.all(
      Array.from({ length: 20 }, (_, n) => client.start(wf, n, { detach: true })),
    );
    const results = await Promise.all(
      [...runs, ...detached].map((run) => run.result({ timeoutMs: 20_000 })),
    );
    expect(results).toEqual([
      ...Array.from({ length: 60 }, (_, n) => n),
      ...Array.from({ length: 20 }, (_, n) => n),
    ]);
    expect(most).toBeLessThanOrEqual(4);
    expect(worker.activeRuns).toBe(0);
  });

  it('starts more runs than it has slots without a worker, too', async () => {
    const work = step({ name: 'work' }, () => pause(2));
    const wf = workflow({ name: 'wf' }, async (n: number) => {
      await work();
      return n;
    });
    const client = await world.open({ worker: { concurrency: 3 } });
    const runs = await Promise.all(Array.from({ length: 50 }, (_, n) => client.start(wf, n)));
    const results = await Promise.all(runs.map((run) => run.result({ timeoutMs: 20_000 })));
    expect(results).toEqual(runs.map((_, n) => n));
  });

  it('wakes 500 sleeping runs in time, and never early (inventory 11.11)', async () => {
    const wf = workflow({ name: 'wf' }, async (ms: number) => {
      const before = Date.now();
      await sleep({ milliseconds: ms });
      return Date.now() - before;
    });
    const client = await world.open({ worker: { concurrency: 1000 } });
    const runs = await Promise.all(
      Array.from({ length: 500 }, (_, n) => client.start(wf, 1000 + n)),
    );
    const lateness = await Promise.all(
      runs.map(async (run, n) => ((await run.result()) as number) - (1000 + n)),
    );
    lateness.sort((a, b) => a - b);
    expect(lateness[0]).toBeGreaterThanOrEqual(0);
    // Two busy cores: the benchmark measures it, this notices what is broken.
    expect(lateness[494]).toBeLessThan(150);
  });
});
