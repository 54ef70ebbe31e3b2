import type { Cli } from '../../cli-context.ts';

export async function resumeRun(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  const run = await client.runs.resume(id, { requestedBy: 'cli' });
  cli.output.result({
    json: { run_id: run.runId, workflow_name: run.workflowName, status: run.status },
    plain: [run.runId, run.status].join('\t'),
    table: null,
  });
  cli.output.success(`Run ${run.runId} will be tried again by the next free worker`);
  cli.output.hint('Start one:  pyworkflow worker run');
}
