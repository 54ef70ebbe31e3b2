import type { Client } from '../../../client/client.ts';
import { PyWorkflowError } from '../../../core/errors.ts';
import type { Cli } from '../../cli-context.ts';
import { EXIT, exitCodeOf } from '../../exit-codes.ts';
import { describeError } from '../../report-error.ts';
import { type SelectFlags, selectRuns } from '../../select-runs.ts';

/** Every run is tried; the first failure decides the exit code. */
export async function resumeRuns(
  cli: Cli,
  ids: readonly string[],
  options: SelectFlags,
): Promise<number> {
  const { output } = cli;
  const client = await cli.client();
  const wanted = await selectRuns(cli, client, 'resume', ids, options, ['interrupted']);
  if (wanted === null) return EXIT.done;
  if (wanted.isOne) {
    const resumed = await resumeOne(client, wanted.ids[0] ?? '');
    output.result({ json: resumed, plain: plainLine(resumed), table: null });
    tell(cli, 1);
    return EXIT.done;
  }
  const outcomes: object[] = [];
  let exitCode: number = EXIT.done;
  let resumedCount = 0;
  for (const id of wanted.ids) {
    try {
      const resumed = await resumeOne(client, id);
      resumedCount += 1;
      outcomes.push({ ...resumed, error: null });
      if (output.format === 'plain') output.raw(`${plainLine(resumed)}\n`);
    } catch (thrown) {
      const { code, message, hint, details } = describeError(thrown, cli.command);
      exitCode ||= exitCodeOf(thrown);
      const error = { code, message, hint, details };
      outcomes.push({ run_id: id, workflow_name: null, status: null, error });
      if (output.format !== 'json') output.error(message, hint ?? undefined);
    }
  }
  output.result({ json: outcomes, plain: null, table: null });
  if (resumedCount > 0) tell(cli, resumedCount);
  return exitCode;
}

/** @throws PyWorkflowError `RUN_FINISHED` for one that is not parked */
async function resumeOne(client: Client, id: string) {
  const before = await client.runs.get(id);
  const { runId, status } = before;
  if (status !== 'interrupted') {
    throw new PyWorkflowError('RUN_FINISHED', `Run ${runId} is ${status}, not parked`, {
      details: { run_id: runId, status },
      hint:
        status === 'failed'
          ? `Begin again from its failed step: pyworkflow runs fork ${runId}`
          : `Why it is where it is: pyworkflow runs explain ${runId}`,
    });
  }
  const run = await client.runs.resume(runId, { requestedBy: 'cli' });
  return { run_id: run.runId, workflow_name: run.workflowName, status: run.status };
}

function plainLine({ run_id, status }: { run_id: string; status: string }): string {
  return [run_id, status].join('\t');
}

function tell({ output }: Cli, count: number): void {
  const what = count === 1 ? '1 run' : `${count} runs`;
  output.success(`${what} will be tried again by the next free worker`);
  output.hint('Start one:  pyworkflow worker run');
}
