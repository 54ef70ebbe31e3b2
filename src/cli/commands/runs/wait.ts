import type { Cli } from '../../cli-context.ts';
import { exitCodeOfRun } from '../../exit-codes.ts';
import { reportOutcome } from '../../follow/report-outcome.ts';
import { startSpinner } from '../../follow/spinner.ts';
import { milliseconds } from '../../parse-time.ts';
import { Interrupted } from '../../usage-error.ts';

export interface WaitForRunOptions {
  readonly timeout?: string;
}

export async function waitForRun(
  cli: Cli,
  id: string,
  options: WaitForRunOptions,
): Promise<number> {
  const timeoutMs = milliseconds('--timeout', options.timeout);
  const client = await cli.client();
  const runId = await client.runs.resolveId(id);
  const spinner = await startSpinner(cli);
  spinner.text(`waiting for ${runId}`);
  const waiting = {
    signal: cli.signal,
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  try {
    const run = await client.runs.wait(runId, waiting);
    spinner.stop();
    reportOutcome(cli, run, (await cli.config()).runtime);
    return exitCodeOfRun(run);
  } catch (error) {
    throw cli.signal.aborted ? new Interrupted() : error;
  } finally {
    spinner.stop();
  }
}
