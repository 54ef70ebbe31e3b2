import type { CancelResult, Client } from '../../../client/client.ts';
import type { RunStatus } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { EXIT, exitCodeOf } from '../../exit-codes.ts';
import { milliseconds } from '../../parse-time.ts';
import { describeError, type ErrorReport } from '../../report-error.ts';
import { type SelectFlags, selectRuns } from '../../select-runs.ts';
import { Interrupted } from '../../usage-error.ts';

export interface CancelRunsOptions extends SelectFlags {
  readonly reason?: string;
  readonly wait?: true;
  readonly timeout?: string;
}

const UNENDED: readonly RunStatus[] = ['pending', 'running', 'suspended', 'interrupted'];

type Cancelled = CancelResult & { readonly exitCode: typeof EXIT.done };

interface Refused {
  readonly runId: string;
  readonly error: ErrorReport;
  readonly exitCode: number;
}

/** Every run is tried; the first failure decides the exit code. */
export async function cancelRuns(
  cli: Cli,
  ids: readonly string[],
  options: CancelRunsOptions,
): Promise<number> {
  const timeoutMs = milliseconds('--timeout', options.timeout) ?? 30_000;
  const client = await cli.client();
  const wanted = await selectRuns(cli, client, 'cancel', ids, options, UNENDED);
  if (wanted === null) return EXIT.done;
  if (wanted.isOne) {
    const outcome = await cancelOne(cli, client, wanted.ids[0] ?? '', options, timeoutMs);
    tell(cli, outcome);
    if (cli.output.format === 'json') cli.output.result(only(outcomeJson(outcome)));
    return EXIT.done;
  }
  const outcomes: (Cancelled | Refused)[] = [];
  for (const id of wanted.ids) {
    const outcome = await cancelOne(cli, client, id, options, timeoutMs).catch((error: unknown) =>
      refused(cli, id, error),
    );
    outcomes.push(outcome);
    tell(cli, outcome);
  }
  if (cli.output.format === 'json') cli.output.result(only(outcomes.map(outcomeJson)));
  return outcomes.find((outcome) => 'error' in outcome)?.exitCode ?? EXIT.done;
}

function only(json: unknown) {
  return { json, plain: null, table: null };
}

async function cancelOne(
  cli: Cli,
  client: Client,
  id: string,
  { reason, wait }: CancelRunsOptions,
  timeoutMs: number,
): Promise<Cancelled> {
  const asked = await client.runs.cancel(id, {
    requestedBy: 'cli',
    ...(reason !== undefined && { reason }),
  });
  if (!wait || !asked.cancelled) return { ...asked, exitCode: EXIT.done };
  const waiting = { timeoutMs, signal: cli.signal };
  const { status } = await client.runs.wait(asked.runId, waiting).catch((error: unknown) => {
    throw cli.signal.aborted ? new Interrupted() : error;
  });
  return { ...asked, status, exitCode: EXIT.done };
}

function refused(cli: Cli, runId: string, error: unknown): Refused {
  if (error instanceof Interrupted) throw error;
  return { runId, error: describeError(error, cli.command), exitCode: exitCodeOf(error) };
}

function tell({ output }: Cli, outcome: Cancelled | Refused): void {
  if ('error' in outcome) {
    if (output.format !== 'json')
      output.error(outcome.error.message, outcome.error.hint ?? undefined);
    return;
  }
  const { runId, cancelled, status } = outcome;
  if (output.format === 'plain') output.raw(`${runId}\t${status}\n`);
  if (!cancelled) output.warn(`Run ${runId} had ended already: it is ${status}`);
  else if (status === 'cancelled') output.success(`Run ${runId} is cancelled`);
  else {
    output.success(
      `Run ${runId} has been asked to stop; it is ${status} until a worker has seen to it`,
    );
  }
}

function outcomeJson(outcome: Cancelled | Refused) {
  if ('error' in outcome) {
    const { code, message, hint, details } = outcome.error;
    const error = { code, message, hint, details };
    return { run_id: outcome.runId, cancelled: false, status: null, error };
  }
  const { runId, cancelled, status } = outcome;
  return { run_id: runId, cancelled, status, error: null };
}
