import type { Cli } from './cli-context.ts';

/** For commands that know more with the workflows at hand, and can do without any. */
export async function discoverIfConfigured(cli: Cli): Promise<void> {
  const { modules } = await cli.config();
  if (modules.length > 0) await cli.discover();
}
