import { BareLoop } from '../bare-loop.ts';
import { inChild } from '../lib/child-process.ts';
import { openEngine } from '../lib/engine.ts';
import { latencies } from '../lib/latencies.ts';
import { WARM_UP_COMMITS } from '../lib/warm-up.ts';
import type { Figures, Params, Workload } from '../lib/workload.ts';

/** Latency: one run at a time, one step, from the call of `start` to its result. */
export const w2: Workload = {
  id: 'W2',
  title: 'one run, one step',
  jobs: { engine, bare },
  variants: ({ quick, pairs, peers }) => [
    {
      name: 'start to result',
      sides: ['engine', 'bare', ...peers],
      pairs,
      metrics: ['p50', 'p95', 'p99'].map((key) => ({ key: `${key}_ms`, unit: `ms ${key}` })),
      measure: (side) => {
        const peer = peers.includes(side);
        const warmUp = peer ? 10 : WARM_UP_COMMITS / 2;
        return inChild('W2', side, { runs: peer ? 20 : quick ? 200 : 1000, warmUp });
      },
    },
  ],
};

async function engine(params: Params, folder: string): Promise<Figures> {
  const { client, workflow, step } = await openEngine(folder);
  const noop = step({ name: 'noop' }, async (index: number) => index);
  const bench = workflow({ name: 'bench' }, (index: number) => noop(index));
  const figures = await latencies(params, async () => {
    const handle = await client.start(bench, 1);
    await handle.result();
  });
  await client.close();
  return figures;
}

async function bare(params: Params, folder: string): Promise<Figures> {
  const loop = new BareLoop(folder);
  const figures = await latencies(params, () => loop.run(1, async (index) => index));
  loop.close();
  return figures;
}
