import type { RegisteredWorker } from '../../../client/client.ts';
import type { RunSummary } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { workerListing } from '../../views/worker-view.ts';
import { countRuns } from './count-runs.ts';

/** Runs shown as current work. */
const SHOWN = 5;

export async function showWorkers(cli: Cli, { all }: { readonly all?: true }): Promise<void> {
  const { output } = cli;
  const client = await cli.client();
  const workers = (await client.workers.list()).filter(({ isAlive }) => isAlive || all === true);
  const { items: running } = await client.runs.list({ statuses: ['running'], limit: SHOWN });
  const alive = workers.filter(({ isAlive }) => isAlive);
  const rows = workers.map((worker) => ({ ...worker, work: workOf(worker, alive, running) }));
  await output.list(rows, workerListing);
  if (output.format !== 'table') return;
  const counts = await countRuns(client);
  output.info(
    `${counts.running} running, ${counts.pending} waiting for a worker, ${counts.suspended} asleep, ${counts.interrupted} parked`,
  );
  if (rows.length > 0 && alive.length === 0) output.hint('Start one:  pyworkflow worker run');
}

/** The store does not tell who holds which run; where there is one worker, it is clear. */
function workOf(
  worker: RegisteredWorker,
  alive: readonly RegisteredWorker[],
  running: readonly RunSummary[],
): readonly RunSummary[] | null {
  if (!worker.isAlive) return [];
  return alive.length === 1 ? running : null;
}
