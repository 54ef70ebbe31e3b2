import type { RunStatus } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { runListing } from '../../views/run-view.ts';

export interface ListChildrenFlags {
  readonly status?: readonly RunStatus[];
  readonly limit?: number;
  readonly cursor?: string;
}

export async function listChildren(
  cli: Cli,
  id: string,
  options: ListChildrenFlags,
): Promise<void> {
  const { status, cursor, limit = 100 } = options;
  const client = await cli.client();
  const runId = await client.runs.resolveId(id);
  const page = await client.runs.list({
    parentRunId: runId,
    limit,
    ...(status !== undefined && { statuses: status }),
    ...(cursor !== undefined && { cursor }),
  });
  await cli.output.list(page.items, { ...runListing, empty: `Run ${runId} has no such children.` });
  if (page.nextCursor !== null) cli.output.hint(`There are more: --cursor ${page.nextCursor}`);
}
