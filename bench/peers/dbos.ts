import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { latencies } from '../lib/latencies.ts';
import { longRun } from '../lib/long-run.ts';
import { serveJob } from '../lib/serve-job.ts';
import { throughput } from '../lib/throughput.ts';
import type { Figures } from '../lib/workload.ts';

const SERVER = process.env.PYWORKFLOW_BENCH_POSTGRES ?? 'postgresql://postgres@127.0.0.1:5432';
const DATABASE = 'pyworkflow_bench_dbos';

/**
 * DBOS on PostgreSQL as it ships, workflows called directly (quicker than its queue). The server's
 * CPU is not in the figures: `process.cpuUsage` sees this process only.
 */
await serveJob(async ({ workload, params }) => {
  await freshDatabase();
  const { steps = 1 } = params;
  let noop = async (index: number) => index;
  const bench = DBOS.registerWorkflow(
    async (count: number) => {
      for (let index = 1; index <= count; index++) {
        await DBOS.runStep(() => noop(index), { name: 'noop' });
      }
      return count;
    },
    { name: 'bench' },
  );
  DBOS.setConfig({
    name: 'pyworkflow-bench',
    systemDatabaseUrl: `${SERVER}/${DATABASE}`,
    logLevel: 'error',
  });
  await DBOS.launch();
  const run = async (count: number) => {
    const handle = await DBOS.startWorkflow(bench)(count);
    await handle.getResult();
  };

  let figures: Figures;
  if (workload === 'W1') figures = await throughput(params, () => run(steps));
  else if (workload === 'W2') figures = await latencies(params, () => run(1));
  else {
    figures = await longRun(params, (count, step) => {
      noop = step;
      return run(count);
    });
  }
  await DBOS.shutdown();
  return figures;
});

async function freshDatabase(): Promise<void> {
  const client = new pg.Client({ connectionString: `${SERVER}/postgres` });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${DATABASE}`);
  await client.end();
}
