import type { Cli } from '../../cli-context.ts';
import { hookDocument } from '../../views/hook-view.ts';

export async function showHook(cli: Cli, token: string): Promise<void> {
  const client = await cli.client();
  cli.output.document(await client.hooks.get(token), hookDocument);
}
