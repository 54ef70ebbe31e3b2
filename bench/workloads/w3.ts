import { BareLoop } from '../bare-loop.ts';
import { inChild } from '../lib/child-process.ts';
import { openEngine } from '../lib/engine.ts';
import { longRun } from '../lib/long-run.ts';
import { WARM_UP_COMMITS } from '../lib/warm-up.ts';
import type { Figures, Options, Params, Workload } from '../lib/workload.ts';

/** One long run: does step number n cost more than the first? */
export const w3: Workload = {
  id: 'W3',
  title: 'one run of many steps',
  jobs: { engine, bare },
  variants: (options) =>
    (options.quick ? [1000, 10_000] : [1000, 5000, 10_000]).map((steps) => variant(steps, options)),
};

function variant(steps: number, { pairs, peers }: Options) {
  // OpenWorkflow refuses a run of more than 1,000 steps.
  const able = peers.filter((peer) => peer !== 'openworkflow' || steps <= 1000);
  const target = { of: 'value', most: 1.1 };
  return {
    name: `${steps} steps`,
    sides: ['engine', 'bare', ...able],
    pairs,
    metrics: [
      { key: 'steps_per_second', unit: 'steps/s' },
      { key: 'last_to_first', unit: 'last ÷ first tenth', ...(steps >= 10_000 && { target }) },
    ],
    measure: (side: string) =>
      inChild('W3', side, { steps, warmUp: peers.includes(side) ? 100 : WARM_UP_COMMITS }),
  };
}

async function engine(params: Params, folder: string): Promise<Figures> {
  const { client, workflow, step } = await openEngine(folder);
  const figures = await longRun(params, async (count, noop) => {
    const durable = step({ name: 'noop' }, noop);
    const bench = workflow({ name: `bench${count}` }, async () => {
      for (let index = 1; index <= count; index++) await durable(index);
    });
    const handle = await client.start(bench);
    await handle.result();
  });
  await client.close();
  return figures;
}

async function bare(params: Params, folder: string): Promise<Figures> {
  const loop = new BareLoop(folder);
  const figures = await longRun(params, (count, noop) => loop.run(count, noop));
  loop.close();
  return figures;
}
