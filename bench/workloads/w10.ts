import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inChild } from '../lib/child-process.ts';
import { check } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import type { Figures, Params, Workload } from '../lib/workload.ts';

/** A loop without an end: does a run that goes on and on as new cost memory or slow down? */
export const w10: Workload = {
  id: 'W10',
  title: 'generations of continue-as-new',
  jobs: { engine },
  variants: ({ quick }) => [
    {
      name: `${quick ? 1000 : 10_000} generations`,
      sides: ['engine'],
      pairs: quick ? 1 : 3,
      metrics: [
        { key: 'generations_per_second', unit: 'generations/s' },
        { key: 'last_to_first', unit: 'last ÷ first tenth', target: { of: 'value', most: 1.2 } },
        { key: 'heap_mb', unit: 'MB of heap grown', target: { of: 'value', most: 10 } },
      ],
      note: 'heap after a forced collection, at the end over after the first tenth',
      measure: (side) => inChild('W10', side, { generations: quick ? 1000 : 10_000 }),
    },
  ],
};

async function engine({ generations = 0 }: Params, folder: string): Promise<Figures> {
  const { client, workflow, continueAsNew, sleep } = await openEngine(folder);
  const stamps: number[] = [];
  const heaps: number[] = [];
  const bench = workflow({ name: 'bench' }, async (left: number): Promise<string> => {
    stamps.push(performance.now());
    if (left % Math.max(1, Math.floor(generations / 10)) === 0) heaps.push(heapUsed());
    await sleep(0);
    return left === 0 ? 'done' : continueAsNew(left - 1);
  });
  const start = performance.now();
  const handle = await client.start(bench, generations - 1);
  check((await handle.result()) === 'done', 'the last generation ends');
  const ms = performance.now() - start;
  await client.close();
  const tenth = Math.floor(stamps.length / 10);
  const took = (part: readonly number[]) => part.at(-1)! - part[0]!;
  return {
    generations_per_second: (generations / ms) * 1000,
    last_to_first: took(stamps.slice(-tenth)) / took(stamps.slice(0, tenth)),
    heap_mb: (heaps.at(-1)! - heaps[1]!) / 2 ** 20,
  };
}

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
