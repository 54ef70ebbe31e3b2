import { setTimeout as delay } from 'node:timers/promises';
import { freshFolder, inChild, removeFolder } from '../lib/child-process.ts';
import { until } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import { median } from '../lib/stats.ts';
import type { Figures, Params, Workload } from '../lib/workload.ts';

/** Resume: a run with many finished steps waits on a hook; how long until its next step runs? */
export const w4: Workload = {
  id: 'W4',
  title: 'resume by a hook after 1,000 steps',
  jobs: { warm, build, cold },
  variants: ({ pairs }) => [
    {
      name: 'warm: same process',
      sides: ['engine'],
      pairs,
      metrics: [{ key: 'resume_ms', unit: 'ms', target: { of: 'value', most: 5 } }],
      measure: () => inChild('W4', 'warm', { runs: 5, steps: 1000 }),
    },
    {
      // A process may resume one run only: the second would find compiled code.
      name: 'cold: new process',
      sides: ['engine'],
      pairs: Math.max(pairs, 5),
      metrics: [{ key: 'resume_ms', unit: 'ms', target: { of: 'value', most: 50 } }],
      measure: () => inNewProcess(),
    },
  ],
};

async function inNewProcess(): Promise<Figures> {
  const folder = freshFolder();
  try {
    await inChild('W4', 'build', { runs: 1, steps: 1000 }, folder);
    return await inChild('W4', 'cold', {}, folder);
  } finally {
    removeFolder(folder);
  }
}

async function warm(params: Params, folder: string): Promise<Figures> {
  const engine = await open(folder);
  await engine.build(params);
  const times: number[] = [];
  for (const token of await engine.tokens()) times.push(await engine.resume(token));
  await engine.client.close();
  return { resume_ms: median(times) };
}

async function build(params: Params, folder: string): Promise<Figures> {
  const engine = await open(folder);
  await engine.build(params);
  await engine.client.close();
  return {};
}

async function cold(_: Params, folder: string): Promise<Figures> {
  const engine = await open(folder);
  const tokens = await engine.tokens();
  await delay(500);
  const resume_ms = await engine.resume(tokens[0]!);
  await engine.client.close();
  return { resume_ms };
}

async function open(folder: string) {
  const { client, workflow, step, hook } = await openEngine(folder);
  let reached: (at: number) => void = () => {};
  const noop = step({ name: 'noop' }, async (index: number) => index);
  const after = step({ name: 'after' }, async () => reached(performance.now()));
  const bench = workflow({ name: 'bench' }, async (steps: number) => {
    for (let index = 1; index <= steps; index++) await noop(index);
    await hook('go');
    await after();
  });
  await client.startWorker();
  return {
    client,
    /** Runs that have done their steps and wait. */
    async build({ runs = 0, steps = 0 }: Params): Promise<void> {
      for (let run = 0; run < runs; run++) {
        const handle = await client.start(bench, steps);
        await until('a suspended run', async () => (await handle.status()) === 'suspended');
      }
    },
    async tokens(): Promise<string[]> {
      const { items } = await client.hooks.list({ status: 'pending' });
      return items.map((item) => item.token);
    },
    /** Milliseconds from the call that resumes to the first line of the next step. */
    async resume(token: string): Promise<number> {
      const next = new Promise<number>((resolve) => {
        reached = resolve;
      });
      const start = performance.now();
      await client.hooks.resume(token, { approved: true });
      return (await next) - start;
    },
  };
}
