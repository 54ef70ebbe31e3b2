import type { Client } from '../../client/client.ts';
import { WaitTimeoutError } from '../../core/errors.ts';
import type { RunRecord } from '../../core/run.ts';
import type { Cli } from '../cli-context.ts';
import { exitCodeOfRun } from '../exit-codes.ts';
import { Interrupted } from '../usage-error.ts';
import { progressText } from '../views/progress-view.ts';
import { createNarrator } from './narrate.ts';
import { reportOutcome } from './report-outcome.ts';
import { type Spinner, startSpinner } from './spinner.ts';

/**
 * Shows a run's events as they come until it has ended or is parked, then its outcome.
 * @returns the exit code that its end means.
 * @throws WaitTimeoutError after `timeoutMs`, Interrupted at Ctrl-C; the run goes on in both cases.
 */
export async function followRun(
  cli: Cli,
  runId: string,
  options: { readonly timeoutMs?: number | undefined },
): Promise<number> {
  const client = await cli.client();
  const timeout = new AbortController();
  const callOff =
    options.timeoutMs === undefined
      ? () => {}
      : cli.clock.after(options.timeoutMs, () => timeout.abort());
  const signal = AbortSignal.any([cli.signal, timeout.signal]);
  try {
    const run = await watch(cli, client, runId, signal);
    if (run !== null) {
      reportOutcome(cli, run, (await cli.config()).runtime);
      return exitCodeOfRun(run);
    }
  } finally {
    callOff();
  }
  if (timeout.signal.aborted) throw new WaitTimeoutError(runId, options.timeoutMs ?? 0);
  sayDetached(cli, runId);
  throw new Interrupted();
}

/** The run at its end, or null if `signal` fired before. */
async function watch(
  cli: Cli,
  client: Client,
  runId: string,
  signal: AbortSignal,
): Promise<RunRecord | null> {
  const { output, io } = cli;
  const isTold = !output.isQuiet && (io.stderr.isTTY === true || output.format === 'table');
  const narrate = createNarrator(output.style, cli.command);
  const spinner = await startSpinner(cli);
  spinner.text(runId);
  const stopWatching = io.stderr.isTTY === true ? watchProgress(cli, client, runId, spinner) : null;
  try {
    for await (const event of client.runs.follow(runId, { signal })) {
      const { line, activity } = narrate(event);
      if (line !== null && isTold) output.info(line);
      if (activity !== null) spinner.text(activity);
    }
    if (signal.aborted) return null;
    return await client.runs.wait(runId, { signal });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    stopWatching?.();
    spinner.stop();
  }
}

/** Progress is no event: it is looked up while somebody is there to see it. */
function watchProgress(
  { clock }: Cli,
  client: Client,
  runId: string,
  spinner: Spinner,
): () => void {
  let callOff = () => {};
  let isStopped = false;
  const look = async () => {
    const run = await client.runs.get(runId).catch(() => null);
    if (isStopped) return;
    spinner.note(run?.progress ? progressText(run.progress) : '');
    callOff = clock.after(PROGRESS_EVERY_MS, () => void look());
  };
  callOff = clock.after(PROGRESS_EVERY_MS, () => void look());
  return () => {
    isStopped = true;
    callOff();
  };
}

const PROGRESS_EVERY_MS = 500;

function sayDetached({ output }: Cli, runId: string): void {
  output.info(`Detached from ${runId}: it is durable, nothing is lost.`);
  output.hint('A running step may finish first; Ctrl-C again leaves at once.');
  output.hint(`Continue it:  pyworkflow worker run`);
  output.hint(`Look at it:   pyworkflow runs status ${runId}`);
  output.hint(`Stop it:      pyworkflow runs cancel ${runId}`);
}
