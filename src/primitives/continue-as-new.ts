import { workflowContext } from '../workflow/context.ts';

/**
 * Ends this run and goes on as a new one with an empty history: for loops without an end. The new
 * run has the same workflow, tags, metadata, limits, parent and schedule. Write
 * `return continueAsNew(input)`: nothing after it runs.
 *
 * @param input of the new run; checked against the workflow's schema.
 * @throws ValidationError if the input does not fit, CancellationError if the run is cancelled,
 *   OutsideWorkflowError in a step or outside.
 */
export function continueAsNew(input?: unknown): Promise<never> {
  return workflowContext('continueAsNew').continueAsNew(input);
}
