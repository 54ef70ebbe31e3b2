import type { Client } from '../../../client/client.ts';
import { isFinished, type RunRecord } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { hookToken } from '../../views/hook-view.ts';
import { errorHint, type RunDetail, runDocument } from '../../views/run-view.ts';

/** Children counted at most: more is a number that nobody reads. */
const COUNTED = 1000;

export async function showRun(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  const run = await client.runs.get(id);
  cli.output.document(await detailOf(client, run, cli.clock.now()), runDocument);
  if (cli.output.format !== 'table') return;
  if (run.status === 'interrupted') {
    cli.output.hint(errorHint(run.error) ?? `Try it again: pyworkflow runs resume ${run.runId}`);
  }
  if (run.status !== 'suspended') return;
  const { items } = await client.hooks.list({ runId: run.runId, status: 'pending' });
  for (const hook of items)
    cli.output.hint(`Waits for: pyworkflow hooks resume ${hookToken(hook)}`);
}

async function detailOf(client: Client, run: RunRecord, now: number): Promise<RunDetail> {
  const isChained = run.continuedFromRunId !== null || run.continuedToRunId !== null;
  const [children, chain, waiting] = await Promise.all([
    client.runs.list({ parentRunId: run.runId, limit: COUNTED }),
    isChained ? client.runs.chain(run.runId) : [run],
    isFinished(run.status) ? [] : explain(client, run, now),
  ]);
  return {
    ...run,
    children: children.items.length,
    chain: chain.map(({ runId }) => runId),
    waiting,
  };
}

async function explain(client: Client, run: RunRecord, now: number) {
  const { explainRun } = await import('../../explain/explain-run.ts');
  return explainRun(client, run, now);
}
