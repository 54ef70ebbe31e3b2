import type { Json } from '../../../core/json.ts';
import type { Cli } from '../../cli-context.ts';
import { discoverIfConfigured } from '../../discover-if-configured.ts';
import { EXIT } from '../../exit-codes.ts';
import { followRun } from '../../follow/follow-run.ts';
import { milliseconds } from '../../parse-time.ts';
import { parsePairs, readJson } from '../../read-input.ts';

export interface ForkRunFlags {
  readonly from?: string;
  readonly set?: readonly string[];
  readonly input?: string;
  readonly detach?: true;
  readonly wait: boolean;
  readonly timeout?: string;
}

/** A new run with the history of another one up to a step; followed to its end unless detached. */
export async function forkRun(cli: Cli, id: string, options: ForkRunFlags): Promise<number> {
  const timeoutMs = milliseconds('--timeout', options.timeout);
  const overrides = parsePairs(options.set ?? [], '--set', 'step=json');
  const input =
    options.input === undefined ? undefined : await readJson(cli.io, options.input, '--input');
  const detach = options.detach === true || !options.wait;
  await discoverIfConfigured(cli);
  const client = await cli.client();
  const source = await client.runs.get(id);
  const run = await client.runs.fork(source.runId, {
    detach,
    overrides,
    ...(options.from !== undefined && { fromStep: options.from }),
    ...(input !== undefined && { input }),
  });
  cli.output.info(`${source.runId} stays as it is; ${run.runId} goes on from its history.`);
  if (!detach) return followRun(cli, run.runId, { timeoutMs });
  report(cli, run.runId, source, await run.status(), options, overrides);
  return EXIT.done;
}

function report(
  { output }: Cli,
  runId: string,
  source: { readonly runId: string; readonly workflowName: string },
  status: string,
  { from }: ForkRunFlags,
  overrides: { readonly [step: string]: Json },
): void {
  output.result({
    json: {
      run_id: runId,
      workflow_name: source.workflowName,
      status,
      forked_from_run_id: source.runId,
      from_step: from ?? null,
      overrides,
    },
    plain: [runId, status, source.runId].join('\t'),
    table: runId,
  });
  output.success(`${source.workflowName} is recorded; a worker will go on with it`);
  output.hint('Start one:   pyworkflow worker run');
  output.hint(`Wait for it: pyworkflow runs wait ${runId}`);
  output.hint(`Compare:     pyworkflow runs diff ${source.runId} ${runId}`);
}
