import { inChild } from '../lib/child-process.ts';
import { check, timed } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import type { Figures, Params, Workload } from '../lib/workload.ts';

/** Fan-out into runs of their own: children of one parent, each with one step. */
export const w9: Workload = {
  id: 'W9',
  title: 'children of one parent',
  jobs: { engine },
  variants: ({ quick, pairs }) => [
    {
      name: `${quick ? 200 : 1000} children`,
      sides: ['engine'],
      pairs,
      metrics: [
        { key: 'ms', unit: 'ms' },
        { key: 'children_per_second', unit: 'children/s' },
      ],
      measure: (side) => inChild('W9', side, { children: quick ? 200 : 1000 }),
    },
  ],
};

async function engine({ children = 0 }: Params, folder: string): Promise<Figures> {
  const { client, workflow, step, startChildWorkflow } = await openEngine(folder, {
    concurrency: 100,
  });
  const noop = step({ name: 'noop' }, async (index: number) => index);
  const child = workflow({ name: 'child' }, (index: number) => noop(index));
  const parent = workflow({ name: 'parent' }, async (count: number) => {
    const all = Array.from({ length: count }, (_, index) => startChildWorkflow(child, index));
    return (await Promise.all(all)).length;
  });
  const run = async (count: number) => {
    const handle = await client.start(parent, count);
    check((await handle.result()) === count, 'the parent sees every result');
  };
  await run(children / 10);
  const { ms } = await timed(() => run(children));
  await client.close();
  return { ms, children_per_second: (children / ms) * 1000 };
}
