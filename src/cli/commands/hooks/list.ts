import type { HookStatus } from '../../../core/hook.ts';
import type { Cli } from '../../cli-context.ts';
import { hookListing } from '../../views/hook-view.ts';

export interface ListHooksOptions {
  readonly runId?: string;
  readonly status?: HookStatus;
  readonly limit?: number;
  readonly cursor?: string;
}

export async function listHooks(cli: Cli, options: ListHooksOptions): Promise<void> {
  const { runId, status, cursor, limit = 20 } = options;
  const client = await cli.client();
  const page = await client.hooks.list({
    limit,
    ...(runId !== undefined && { runId: await client.runs.resolveId(runId) }),
    ...(status !== undefined && { status }),
    ...(cursor !== undefined && { cursor }),
  });
  await cli.output.list(page.items, hookListing);
  if (page.nextCursor !== null) cli.output.hint(`There are more: --cursor ${page.nextCursor}`);
}
