import { getWorkflow } from '../../../workflow/registry.ts';
import type { Cli } from '../../cli-context.ts';
import { workflowDocument } from '../../views/workflow-view.ts';

export async function showWorkflow(cli: Cli, name: string): Promise<void> {
  const { sources } = await cli.discover();
  const file = sources.get(name) ?? null;
  cli.output.document({ definition: getWorkflow(name), file }, workflowDocument);
}
