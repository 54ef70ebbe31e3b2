import { getWorkflow, listWorkflows } from '../../../workflow/registry.ts';
import type { Cli } from '../../cli-context.ts';
import { EXIT } from '../../exit-codes.ts';

export interface RunWorkerOptions {
  readonly workflow?: readonly string[];
  readonly concurrency?: number;
  readonly name?: string;
}

/**
 * Serves until a signal: 0 after SIGTERM, which is how services are stopped, 130 after Ctrl-C.
 * @throws the store's error if that made the worker give up
 */
export async function runWorker(cli: Cli, options: RunWorkerOptions): Promise<number> {
  const { signal, output } = cli;
  await cli.discover();
  for (const name of options.workflow ?? []) getWorkflow(name);
  const served = options.workflow ?? listWorkflows().map(({ name }) => name);
  const client = await cli.client();
  const worker = await client.startWorker({
    ...(options.name !== undefined && { name: options.name }),
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    ...(options.workflow !== undefined && { workflows: options.workflow }),
  });
  output.success(
    `Worker ${worker.name} serves ${served.join(', ') || 'no workflow'} on ${client.store}`,
  );
  if (served.length === 0)
    output.warn('No workflow is known here: name their module with --module');
  await Promise.race([aborted(signal), worker.done]);
  const steps = worker.activeRuns === 0 ? '' : ', running steps may finish (again to end at once)';
  output.info(`${String(signal.reason)}: stopping${steps}`);
  await worker.stop();
  output.success('Stopped');
  return signal.reason === 'SIGINT' ? EXIT.interrupted : EXIT.done;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
}
