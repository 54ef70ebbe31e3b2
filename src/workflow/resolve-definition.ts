import { definitionOf } from './define-workflow.ts';
import { getWorkflow, hasWorkflow, registerWorkflow } from './registry.ts';
import { classDefinition, isWorkflowClass } from './workflow-class.ts';
import type { WorkflowDefinition } from './workflow-definition.ts';

/**
 * The definition behind whatever names a workflow: what `workflow()` gave, a class, or a name.
 * @throws UnknownWorkflowError
 */
export function resolveDefinition(workflow: unknown): WorkflowDefinition {
  if (typeof workflow === 'string') return getWorkflow(workflow);
  if (isWorkflowClass(workflow)) return classDefinition(workflow);
  const definition = definitionOf(workflow);
  if (definition === undefined)
    return getWorkflow(String((workflow as { name?: unknown })?.name ?? workflow));
  // A test may have cleared the registry since the definition.
  if (!hasWorkflow(definition.name)) registerWorkflow(definition);
  return definition;
}
