import type { Cli } from '../../cli-context.ts';
import { type RunFilterFlags, runFilter } from '../../run-filter.ts';
import { UsageError } from '../../usage-error.ts';
import { runListing, withProgress } from '../../views/run-view.ts';

export interface ListRunsOptions extends RunFilterFlags {
  readonly limit?: number;
  readonly cursor?: string;
  readonly watch?: true;
}

export async function listRuns(cli: Cli, options: ListRunsOptions): Promise<void> {
  const { cursor, limit = 20 } = options;
  const filter = runFilter(options, cli.clock.now());
  if (options.watch) {
    if (cli.output.format === 'json') {
      throw new UsageError(
        '--watch has no end, and json is one document',
        'Use --output plain: a line for every change.',
      );
    }
    const { watchRuns } = await import('./watch.ts');
    return watchRuns(cli, { ...filter, limit });
  }
  const client = await cli.client();
  const parentRunId = options.parent && (await client.runs.resolveId(options.parent));
  const page = await client.runs.list({
    ...filter,
    limit,
    ...(parentRunId !== undefined && { parentRunId }),
    ...(cursor !== undefined && { cursor }),
  });
  await cli.output.list(page.items, withProgress(runListing, page.items));
  if (page.nextCursor !== null) cli.output.hint(`There are more: --cursor ${page.nextCursor}`);
}
