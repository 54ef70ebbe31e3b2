import type { Client } from '../../../client/client.ts';
import type { HookRecord } from '../../../core/hook.ts';
import type { Cli } from '../../cli-context.ts';
import { hookListing, hookSummaryJson } from '../../views/hook-view.ts';

export async function listHooksOfRun(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  const runId = await client.runs.resolveId(id);
  const hooks = await allHooks(client, runId);
  if (cli.output.format !== 'json') {
    return cli.output.list(hooks, { ...hookListing, empty: `Run ${runId} has no hooks.` });
  }
  const json = { run_id: runId, hook_count: hooks.length, hooks: hooks.map(hookSummaryJson) };
  cli.output.result({ json, plain: null, table: null });
}

async function allHooks(client: Client, runId: string): Promise<readonly HookRecord[]> {
  const found: HookRecord[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Client['hooks']['list']>> = await client.hooks.list({
      runId,
      ...(cursor !== null && { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}
