import { BareLoop } from '../bare-loop.ts';
import { inChild } from '../lib/child-process.ts';
import { check, timed } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import type { Figures, Params, Workload } from '../lib/workload.ts';

/** Fan-out: all steps of one run at once, from start to result. */
export const w5: Workload = {
  id: 'W5',
  title: '1,000 parallel steps in one run',
  jobs: { engine, bare },
  variants: ({ pairs }) => [
    {
      name: 'start to result',
      sides: ['engine', 'bare'],
      pairs,
      metrics: [{ key: 'ms', unit: 'ms' }],
      measure: (side) => inChild('W5', side, { steps: 1000 }),
    },
  ],
};

async function engine({ steps = 0 }: Params, folder: string): Promise<Figures> {
  const { client, workflow, step } = await openEngine(folder);
  const noop = step({ name: 'noop' }, async (index: number) => index);
  const bench = workflow({ name: 'bench' }, async (count: number) => {
    const all = await Promise.all(Array.from({ length: count }, (_, index) => noop(index)));
    return all.length;
  });
  const run = async (count: number) => {
    const handle = await client.start(bench, count);
    check((await handle.result()) === count, 'the run sees every result');
  };
  await run(steps / 10);
  const { ms } = await timed(() => run(steps));
  await client.close();
  return { ms };
}

async function bare({ steps = 0 }: Params, folder: string): Promise<Figures> {
  const loop = new BareLoop(folder);
  const run = (count: number) => loop.runParallel(count, async (index) => index);
  await run(steps / 10);
  const { ms } = await timed(() => run(steps));
  loop.close();
  return { ms };
}
