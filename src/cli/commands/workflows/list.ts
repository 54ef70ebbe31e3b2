import { listWorkflows as registered } from '../../../workflow/registry.ts';
import type { Cli } from '../../cli-context.ts';
import { workflowListing } from '../../views/workflow-view.ts';

export async function listWorkflows(cli: Cli): Promise<void> {
  const { sources } = await cli.discover();
  const items = registered().map((definition) => {
    return { definition, file: sources.get(definition.name) ?? null };
  });
  await cli.output.list(items, workflowListing);
}
