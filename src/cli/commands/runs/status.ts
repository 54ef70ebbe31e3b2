import type { Cli } from '../../cli-context.ts';
import { hookToken } from '../../views/hook-view.ts';
import { errorHint, runDocument } from '../../views/run-view.ts';

export async function showRun(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  const run = await client.runs.get(id);
  cli.output.document(run, runDocument);
  if (cli.output.format !== 'table') return;
  if (run.status === 'interrupted') {
    cli.output.hint(errorHint(run.error) ?? `Try it again: pyworkflow runs resume ${run.runId}`);
  }
  if (run.status !== 'suspended') return;
  const { items } = await client.hooks.list({ runId: run.runId, status: 'pending' });
  for (const hook of items)
    cli.output.hint(`Waits for: pyworkflow hooks resume ${hookToken(hook)}`);
}
