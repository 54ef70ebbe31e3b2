import type { RunHandle } from 'pyworkflow';
import { inChild } from '../lib/child-process.ts';
import { check, inFlight } from '../lib/clock.ts';
import { openEngine } from '../lib/engine.ts';
import { percentile } from '../lib/stats.ts';
import type { Figures, Options, Params, Variant, Workload } from '../lib/workload.ts';

/** Lateness: how long after a sleep's recorded due time does the next step run? */
export const w7: Workload = {
  id: 'W7',
  title: '500 runs that sleep 1 s',
  jobs: { engine },
  // How late depends on how many fall due together and how many runs may advance at a time (10 by
  // default), so all four corners are shown and each is held against the target.
  variants: (options) =>
    [10, 1000].flatMap((concurrency) =>
      [10, 500].map((starts) => variant(starts, concurrency, options)),
    ),
};

function variant(starts: number, concurrency: number, { pairs }: Options): Variant {
  return {
    name: `${starts} starts at a time, concurrency ${concurrency}`,
    sides: ['engine'],
    pairs,
    metrics: [
      { key: 'p50_ms', unit: 'ms late, p50' },
      { key: 'p99_ms', unit: 'ms late, p99', target: { of: 'value', most: 20 } },
      { key: 'max_ms', unit: 'ms late, max' },
    ],
    note: 'from the recorded due time to the first line of the next step; ten is the default concurrency',
    measure: () => inChild('W7', 'engine', { runs: 500, starts, concurrency }),
  };
}

async function engine(
  { runs = 0, starts = 0, concurrency = 0 }: Params,
  folder: string,
): Promise<Figures> {
  const { client, workflow, step, sleep } = await openEngine(folder, { concurrency });
  const woke = step({ name: 'woke' }, async () => Date.now());
  const bench = workflow({ name: 'bench' }, async () => {
    await sleep('1s');
    return await woke();
  });
  const handles: RunHandle<number>[] = [];
  await inFlight(runs, starts, async () => {
    handles.push(await client.start(bench));
  });
  const times = await Promise.all(handles.map((handle) => handle.result()));
  const late: number[] = [];
  for (const [index, { runId }] of handles.entries()) {
    const events = await client.runs.events(runId);
    const asleep = events.find((event) => event.type === 'sleep.started');
    check(asleep?.type === 'sleep.started', 'every run has slept');
    if (asleep?.type === 'sleep.started') {
      late.push(times[index]! - Date.parse(asleep.data.resume_at));
    }
  }
  await client.close();
  check(Math.min(...late) >= 0, 'no run wakes early');
  return {
    p50_ms: percentile(late, 0.5),
    p99_ms: percentile(late, 0.99),
    max_ms: Math.max(...late),
  };
}
