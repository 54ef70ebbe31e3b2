import type { CheckedRun, CheckRuns } from '../../../client/client.ts';
import type { RunStatus } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { readHistory } from '../../read-history.ts';
import { runFilter } from '../../run-filter.ts';
import { UsageError } from '../../usage-error.ts';
import { checkedJson, checkedListing, narrowListing, sidesText } from '../../views/checked-view.ts';

export interface CheckWorkflowsFlags {
  readonly file?: readonly string[];
  readonly run?: readonly string[];
  readonly status?: readonly RunStatus[];
  readonly since?: string;
  readonly limit?: number;
  readonly strict?: true;
}

/**
 * Replays histories against the working tree: 7 if one of them no longer fits, before a deployment
 * finds out.
 */
export async function checkWorkflows(
  cli: Cli,
  name: string | undefined,
  options: CheckWorkflowsFlags,
): Promise<number> {
  const { output } = cli;
  const { file = [], run = [], status, since, limit, strict } = options;
  if (file.length > 0 && run.length > 0) throw new UsageError('Give --file or --run, not both');
  const histories = await Promise.all(file.map((path) => readHistory(cli.io, path)));
  await cli.discover();
  const which: CheckRuns = {
    ...runFilter({ workflow: name, status, since } as never, cli.clock.now()),
    ...(limit !== undefined && { limit }),
    ...(run.length > 0 && { ids: run }),
    ...(file.length > 0 && { histories }),
  };
  const client = await cli.client();
  const checked: CheckedRun[] = [];
  for await (const one of client.runs.check(which)) {
    if (name === undefined || one.workflowName === name) checked.push(one);
    if (cli.signal.aborted) break;
  }
  const counts = count(checked);
  output.result({
    json: { checked: checked.length, ...counts, runs: checked.map(checkedJson) },
    plain: null,
    table: null,
  });
  if (output.format !== 'json') await show(cli, checked);
  const isBad = counts.diverged > 0 || (strict === true && counts.ok < checked.length);
  if (checked.length > 0) summarize(cli, checked.length, counts);
  return isBad ? EXIT.nonDeterminism : EXIT.done;
}

/** Both sides need room: on a narrow terminal they follow the table. */
async function show({ output, io }: Cli, checked: readonly CheckedRun[]): Promise<void> {
  const isNarrow = output.format === 'table' && output.width < WIDE;
  const listing = isNarrow ? narrowListing : checkedListing(io.cwd);
  await output.list(checked, { ...listing, empty: 'There is no unfinished run to check.' });
  if (!isNarrow) return;
  for (const block of checked.map((one) => sidesText(one, io.cwd)).filter((text) => text !== '')) {
    output.raw(`\n${block}\n`);
  }
}

/** Columns in which a table with both sides and a source line can be read. */
const WIDE = 140;

interface Counts {
  readonly ok: number;
  readonly diverged: number;
  readonly other_result: number;
  readonly unknown_workflow: number;
}

function count(checked: readonly CheckedRun[]): Counts {
  const of = (...kinds: string[]) =>
    checked.filter(({ verdict }) => kinds.includes(verdict.kind)).length;
  return {
    ok: of('ok'),
    diverged: of('divergence', 'stuck'),
    other_result: of('other_result'),
    unknown_workflow: of('unknown_workflow'),
  };
}

function summarize({ output }: Cli, total: number, counts: Counts): void {
  const { diverged, other_result, unknown_workflow } = counts;
  if (output.format === 'json') return;
  const runs = total === 1 ? '1 run' : `${total} runs`;
  if (other_result > 0) {
    output.warn(`${other_result} of ${runs} would end with another result (--strict makes it 7)`);
  }
  if (unknown_workflow > 0) {
    output.warn(`${unknown_workflow} of ${runs} belong to workflows that no module here defines`);
    output.hint('Name the module with --module; --strict makes it 7.');
  }
  if (diverged === 0) return output.success(`No divergence in ${runs}`);
  output.error(
    `${diverged} of ${runs} would be parked by this code`,
    'Restore the order of calls, or guard the new way with patched() and check again.',
  );
}
