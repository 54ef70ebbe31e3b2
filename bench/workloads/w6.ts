import { setTimeout as delay } from 'node:timers/promises';
import { inChild } from '../lib/child-process.ts';
import { inFlight, until } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import type { Figures, Params, Workload } from '../lib/workload.ts';

/** Waiting costs nothing: many runs asleep for an hour in the process that put them to sleep. */
export const w6: Workload = {
  id: 'W6',
  title: 'runs asleep for an hour',
  jobs: { engine },
  variants: ({ quick }) => {
    const runs = quick ? 2000 : 10_000;
    const seconds = quick ? 5 : 10;
    return [
      {
        name: `${runs} asleep`,
        sides: ['engine'],
        pairs: quick ? 1 : 3,
        metrics: [
          { key: 'rss_mb', unit: 'MB over idle', target: { of: 'value', most: 150 } },
          { key: 'cpu_percent', unit: '% CPU', target: { of: 'value', most: 0.5 } },
          { key: 'idle_cpu_percent', unit: '% CPU, idle worker' },
        ],
        note: 'RSS as it is, without forcing a garbage collection; idle: the same worker, no runs',
        measure: () => overIdle(runs, seconds),
      },
    ];
  },
};

async function overIdle(runs: number, seconds: number): Promise<Figures> {
  const idle = await inChild('W6', 'engine', { runs: 0, seconds });
  const asleep = await inChild('W6', 'engine', { runs, seconds });
  return {
    rss_mb: asleep.rss_mb! - idle.rss_mb!,
    cpu_percent: asleep.cpu_percent!,
    idle_cpu_percent: idle.cpu_percent!,
  };
}

async function engine({ runs = 0, seconds = 0 }: Params, folder: string): Promise<Figures> {
  const { client, workflow, sleep } = await openEngine(folder, { concurrency: 100 });
  const bench = workflow({ name: 'bench' }, () => sleep('1h'));
  await client.startWorker();
  await inFlight(runs, 100, () => client.start(bench));
  const awake = async () => {
    const page = await client.runs.list({ statuses: ['pending', 'running'], limit: 1 });
    return page.items.length;
  };
  await until('every run asleep', async () => (await awake()) === 0);
  await delay(2000);
  const before = process.cpuUsage();
  await delay(seconds * 1000);
  const used = process.cpuUsage(before);
  const rss_mb = process.memoryUsage.rss() / 2 ** 20;
  await client.close();
  return { rss_mb, cpu_percent: (used.user + used.system) / 1e4 / seconds };
}
