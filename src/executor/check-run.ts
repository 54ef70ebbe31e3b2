import type { WorkflowEvent } from '../core/event.ts';
import { checkHistory, type HistoryVerdict, type RunFacts } from '../engine/check-history.ts';
import { getWorkflow, hasWorkflow } from '../workflow/registry.ts';

export type { RunFacts } from '../engine/check-history.ts';

export type RunVerdict =
  | HistoryVerdict
  /** Its workflow is not registered in this process. */
  | { readonly kind: 'unknown_workflow' };

/** Replays a history against the code of this process, without a trace. @throws HistoryCorruptedError */
export async function checkRun(
  workflowName: string,
  events: readonly WorkflowEvent[],
  facts: RunFacts,
): Promise<RunVerdict> {
  if (!hasWorkflow(workflowName)) return { kind: 'unknown_workflow' };
  return checkHistory(getWorkflow(workflowName), events, facts);
}
