import { getWorkflow, listWorkflows } from '../workflow/registry.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { Cli } from './cli-context.ts';
import { UsageError } from './usage-error.ts';

/**
 * The workflow of that name, or the one the person picks.
 * @throws UnknownWorkflowError, UsageError if there is nobody to ask or nothing to pick.
 */
export async function chooseWorkflow(
  cli: Cli,
  name: string | undefined,
): Promise<WorkflowDefinition> {
  if (name !== undefined) return getWorkflow(name);
  const known = listWorkflows();
  if (known.length === 0) {
    throw new UsageError(
      'There are no workflows to choose from',
      'Name their module with --module, or begin with: pyworkflow quickstart',
    );
  }
  const choices = known.map((definition) => ({
    name: definition.name,
    value: definition,
    ...(definition.description !== null && { description: definition.description }),
  }));
  return cli.prompts.select('Which workflow?', choices, 'the name of the workflow');
}
