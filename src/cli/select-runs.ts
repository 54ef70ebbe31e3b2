import type { Client } from '../client/client.ts';
import type { RunStatus, RunSummary } from '../core/run.ts';
import type { Cli } from './cli-context.ts';
import { showStatus } from './output/status.ts';
import { clean } from './output/text.ts';
import { readIds } from './read-input.ts';
import { hasFilter, type RunFilterFlags, runFilter } from './run-filter.ts';
import { UsageError } from './usage-error.ts';
import { runListing } from './views/run-view.ts';

export interface SelectFlags extends RunFilterFlags {
  readonly limit?: number;
  readonly yes?: true;
  readonly dryRun?: true;
}

export interface Selection {
  readonly ids: readonly string[];
  /** One id that somebody has typed: answered with one document, and with its own error. */
  readonly isOne: boolean;
}

/** Unless `--limit` says so, no command line changes more runs than this. */
const MOST = 1000;
const SHOWN = 10;

/**
 * The runs that a verb shall work on: ids, `-` for ids on stdin, or those that fit the filter, which
 * are shown and confirmed first. Null: nothing shall be done.
 * @param statuses those that the verb makes sense for
 * @throws UsageError for neither, both, or nobody there to confirm
 */
export async function selectRuns(
  cli: Cli,
  client: Client,
  verb: string,
  ids: readonly string[],
  flags: SelectFlags,
  statuses: readonly RunStatus[],
): Promise<Selection | null> {
  const isFiltered = hasFilter(flags);
  if (ids.length > 0 && isFiltered) {
    throw new UsageError('Give ids or a filter, not both', 'Pick by filter: leave out the ids.');
  }
  if (ids.length > 0) {
    return { ids: await readIds(cli.io, ids), isOne: ids.length === 1 && ids[0] !== '-' };
  }
  if (!isFiltered) {
    throw new UsageError(
      `Which runs shall I ${verb}?`,
      'Give ids, - for ids on stdin, or a filter such as --workflow, --status, --since',
    );
  }
  const runs = await fitting(cli, client, verb, flags, statuses);
  const { output } = cli;
  if (flags.dryRun === true) {
    await output.list(runs, { ...runListing, empty: 'No run fits.' });
    return null;
  }
  if (runs.length === 0) {
    output.result({ json: [], plain: null, table: null });
    output.info('No run fits.');
    return null;
  }
  preview(cli, verb, runs);
  if (flags.yes !== true) {
    const question = `${capital(verb)} ${count(runs.length)}?`;
    const isSure = await cli.prompts.confirm(question, { default: false, instead: '--yes' });
    if (!isSure) {
      output.info('Nothing is changed.');
      return null;
    }
  }
  return { ids: runs.map(({ runId }) => runId), isOne: false };
}

async function fitting(
  { clock }: Cli,
  client: Client,
  verb: string,
  flags: SelectFlags,
  statuses: readonly RunStatus[],
): Promise<readonly RunSummary[]> {
  const { limit = MOST, status = statuses } = flags;
  const senseless = status.filter((one) => !statuses.includes(one));
  if (senseless.length > 0) {
    throw new UsageError(
      `There is nothing to ${verb} about a run that is ${senseless.join(' or ')}`,
      verb === 'resume'
        ? 'Only parked runs (interrupted) can be resumed; begin a failed one anew with: pyworkflow runs fork'
        : `Choose among ${statuses.join(', ')}`,
    );
  }
  const filter = runFilter({ ...flags, status }, clock.now());
  const { items, nextCursor } = await client.runs.list({ ...filter, limit });
  if (nextCursor !== null && flags.limit === undefined) {
    throw new UsageError(
      `More than ${MOST} runs fit`,
      `Narrow the filter, or say how many with --limit`,
    );
  }
  return items;
}

function preview({ output }: Cli, verb: string, runs: readonly RunSummary[]): void {
  output.info(`To ${verb}: ${count(runs.length)}`);
  for (const { runId, workflowName, status } of runs.slice(0, SHOWN)) {
    output.info(`  ${runId}  ${clean(workflowName)}  ${showStatus(status, output.style)}`);
  }
  if (runs.length > SHOWN) output.info(`  … and ${runs.length - SHOWN} more`);
}

function count(number: number): string {
  return number === 1 ? '1 run' : `${number} runs`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
