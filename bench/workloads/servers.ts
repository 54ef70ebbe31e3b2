import { BareServerLoop } from '../bare-server-loop.ts';
import { inChild } from '../lib/child-process.ts';
import { latencies } from '../lib/latencies.ts';
import { dropDatabase, freshDatabase, reachableServers, SERVERS } from '../lib/servers.ts';
import { throughput } from '../lib/throughput.ts';
import type { Figures, Job, Metric, Params, Target, Workload } from '../lib/workload.ts';

const STEPS = 10;

/** W1 on database servers, beside a bare loop on the same server. */
export const s1: Workload = {
  id: 'S1',
  title: 'runs of 10 no-op steps, on a database server',
  jobs: { engine: (params) => engine(params, STEPS), bare: (params) => bare(params, STEPS) },
  async variants({ quick, pairs, peers }) {
    const dbos = peers.includes('dbos') ? ['dbos'] : [];
    return (await reachableServers()).flatMap((name) =>
      [1, 100, 1000].map((concurrency) => {
        const sides = ['engine', 'bare', ...(name === 'postgres' ? dbos : [])];
        const speed = (target: Target): Metric => ({
          key: 'steps_per_second',
          unit: 'steps/s',
          target,
        });
        const runs = concurrency === 1 ? 100 : quick ? 500 : 2000;
        return {
          name: `${name}, concurrency ${concurrency}`,
          sides,
          pairs,
          metrics: [
            speed({ of: 'ratio', least: 0.4 }),
            ...(sides.includes('dbos') ? [speed({ of: 'dbos', least: 5 })] : []),
            { key: 'cpu_us_per_step', unit: 'µs CPU/step' },
          ],
          measure: (side: string) => {
            const params = { store: SERVERS.indexOf(name), runs, steps: STEPS, concurrency };
            if (side === 'dbos') return inChild('W1', side, { ...params, warmUp: 10 });
            return inChild('S1', side, { ...params, warmUp: 50 });
          },
        };
      }),
    );
  },
};

/** W2 on database servers. */
export const s2: Workload = {
  id: 'S2',
  title: 'one run, one step, on a database server',
  jobs: { engine: (params) => engine(params, 1), bare: (params) => bare(params, 1) },
  async variants({ quick, pairs, peers }) {
    const dbos = peers.includes('dbos') ? ['dbos'] : [];
    return (await reachableServers()).map((name) => ({
      name: `${name}, start to result`,
      sides: ['engine', 'bare', ...(name === 'postgres' ? dbos : [])],
      pairs,
      metrics: ['p50', 'p95', 'p99'].map((key) => ({ key: `${key}_ms`, unit: `ms ${key}` })),
      measure: (side: string) => {
        const params = { store: SERVERS.indexOf(name), runs: quick ? 100 : 500, warmUp: 50 };
        return inChild(side === 'dbos' ? 'W2' : 'S2', side, params);
      },
    }));
  },
};

/** A throughput where several may be in flight, else latencies. */
function figures(params: Params, run: () => Promise<void>): Promise<Figures> {
  return params.concurrency === undefined ? latencies(params, run) : throughput(params, run);
}

async function engine(params: Params, steps: number): ReturnType<Job> {
  const name = SERVERS[params.store ?? 0] ?? 'postgres';
  const url = await freshDatabase(name);
  const { createClient, workflow, step } = await import('pyworkflow');
  const client = await createClient({
    storage: { url },
    worker: { concurrency: params.concurrency ?? 1 },
  });
  const noop = step({ name: 'noop' }, async (index: number) => index);
  const bench = workflow({ name: 'bench' }, async (count: number) => {
    for (let index = 1; index <= count; index++) await noop(index);
    return count;
  });
  const measured = await figures(params, async () => {
    const handle = await client.start(bench, steps);
    await handle.result();
  });
  await client.close();
  await dropDatabase(name);
  return measured;
}

async function bare(params: Params, steps: number): ReturnType<Job> {
  const name = SERVERS[params.store ?? 0] ?? 'postgres';
  const loop = await BareServerLoop.open(name, await freshDatabase(name));
  const measured = await figures(params, () => loop.run(steps));
  await loop.close();
  await dropDatabase(name);
  return measured;
}
