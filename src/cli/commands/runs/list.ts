import type { RunStatus } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { instant } from '../../parse-time.ts';
import { runListing } from '../../views/run-view.ts';

export interface ListRunsOptions {
  readonly query?: string;
  readonly workflow?: string;
  readonly status?: readonly RunStatus[];
  readonly tag?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export async function listRuns(cli: Cli, options: ListRunsOptions): Promise<void> {
  const { query, workflow, status, tag, cursor, limit = 20 } = options;
  const now = cli.clock.now();
  const since = instant('--since', options.since, now);
  const until = instant('--until', options.until, now);
  const client = await cli.client();
  const page = await client.runs.list({
    limit,
    ...(query !== undefined && { query }),
    ...(workflow !== undefined && { workflowName: workflow }),
    ...(status !== undefined && { statuses: status }),
    ...(tag !== undefined && { tag }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(cursor !== undefined && { cursor }),
  });
  await cli.output.list(page.items, runListing);
  if (page.nextCursor !== null) cli.output.hint(`There are more: --cursor ${page.nextCursor}`);
}
