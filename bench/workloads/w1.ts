import { BareLoop } from '../bare-loop.ts';
import { inChild } from '../lib/child-process.ts';
import { check } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import { throughput } from '../lib/throughput.ts';
import { WARM_UP_COMMITS } from '../lib/warm-up.ts';
import type { Figures, Metric, Options, Params, Target, Workload } from '../lib/workload.ts';

const STEPS = 10;

/** Throughput: short runs, as many in flight as the variant says, each started and awaited. */
export const w1: Workload = {
  id: 'W1',
  title: 'runs of 10 no-op steps',
  jobs: { engine, bare },
  variants: (options) => [1, 10, 100, 1000].map((concurrency) => variant(concurrency, options)),
};

function variant(concurrency: number, { quick, pairs, peers }: Options) {
  const runs = quick && concurrency < 100 ? 200 : 1000;
  // OpenWorkflow polls and takes 77 ms a run at concurrency 1: fewer runs tell the same.
  const peerRuns = concurrency === 1 ? 50 : quick ? 200 : runs;
  const speed: Metric = { key: 'steps_per_second', unit: 'steps/s' };
  const at = (target: Target): Metric => ({ ...speed, target });
  const beside = peers.includes('openworkflow') ? [at({ of: 'openworkflow', least: 20 })] : [];
  return {
    name: `concurrency ${concurrency}`,
    sides: ['engine', 'bare', ...peers],
    pairs,
    metrics: [
      ...(concurrency === 1 ? [at({ of: 'ratio', least: 0.8 })] : []),
      ...(concurrency === 10 ? [speed] : []),
      ...(concurrency >= 100 ? [at({ of: 'ratio', least: 0.5 }), ...beside] : []),
      { key: 'cpu_us_per_step', unit: 'µs CPU/step' },
    ],
    measure: (side: string) => {
      const peer = peers.includes(side);
      const warmUp = peer ? 10 : WARM_UP_COMMITS / STEPS;
      const params = { runs: peer ? peerRuns : runs, steps: STEPS, concurrency, warmUp };
      return inChild('W1', side, params);
    },
  };
}

async function engine(params: Params, folder: string): Promise<Figures> {
  const { steps = 0, concurrency = 0 } = params;
  const { client, workflow, step } = await openEngine(folder, { concurrency });
  const noop = step({ name: 'noop' }, async (index: number) => index);
  const bench = workflow({ name: 'bench' }, async (count: number) => {
    for (let index = 1; index <= count; index++) await noop(index);
    return count;
  });
  const figures = await throughput(params, async () => {
    const handle = await client.start(bench, steps);
    check((await handle.result()) === steps, 'every run returns the number of its steps');
  });
  await client.close();
  return figures;
}

async function bare(params: Params, folder: string): Promise<Figures> {
  const { steps = 0 } = params;
  const loop = new BareLoop(folder);
  const figures = await throughput(params, () => loop.run(steps, async (index) => index));
  loop.close();
  return figures;
}
