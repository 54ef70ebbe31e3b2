import { join } from 'node:path';
import { OpenWorkflow } from 'openworkflow';
import { BackendSqlite } from 'openworkflow/sqlite';
import { timed, until } from '../lib/clock.ts';
import { latencies } from '../lib/latencies.ts';
import { longRun } from '../lib/long-run.ts';
import { serveJob } from '../lib/serve-job.ts';
import { speed } from '../lib/throughput.ts';
import type { Figures } from '../lib/workload.ts';

/** OpenWorkflow on SQLite as it ships: WAL, and synchronous stays at SQLite's default, FULL. */
await serveJob(async ({ workload, params, folder }) => {
  const backend = BackendSqlite.connect(join(folder, 'openworkflow.db'));
  const ow = new OpenWorkflow({ backend });
  const { runs = 0, steps = 1, concurrency = 10 } = params;
  let ended = 0;
  let noop = async (index: number) => index;
  const bench = ow.defineWorkflow<number, number>({ name: 'bench' }, async ({ input, step }) => {
    for (let index = 1; index <= input; index++) {
      await step.run({ name: `noop${index}` }, () => noop(index));
    }
    ended++;
    return input;
  });
  const worker = ow.newWorker({ concurrency });
  await worker.start();

  const finish = async (): Promise<Figures> => {
    if (workload === 'W1') {
      const all = async (count: number) => {
        ended = 0;
        // Its own await polls once a second and its worker backs off when it finds nothing, so all
        // runs are started up front and the end of the last one is seen in this process: both in
        // its favour.
        for (let run = 0; run < count; run++) await bench.run(steps);
        while (ended < count) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      await all(runs / 10);
      const { ms, cpuMs } = await timed(() => all(runs));
      const completed = async () => (await backend.countWorkflowRuns()).completed;
      await until('every run in the store', async () => (await completed()) >= runs);
      return speed(runs * steps, ms, cpuMs);
    }
    const start = async (count: number) => {
      const handle = await bench.run(count);
      await handle.result();
    };
    if (workload === 'W2') return latencies(params, () => start(1));
    const figures = await longRun(params, async (count, step) => {
      noop = step;
      ended = 0;
      await bench.run(count);
      while (ended < 1) await new Promise((resolve) => setTimeout(resolve, 1));
    });
    return figures;
  };
  const figures = await finish();
  await worker.stop();
  await backend.stop();
  return figures;
});
