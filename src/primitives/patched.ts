import { workflowContext } from '../workflow/context.ts';
import { checkName } from '../workflow/define-workflow.ts';

/**
 * Changes code under running runs: `if (patched('add-fraud-check')) { new way } else { old way }`.
 * A run that has already gone past this point keeps to the old way, every other takes the new one
 * and records so. When no old run is left, write `deprecatePatch`, later nothing.
 *
 * @param id one for each change; all calls with the same id of a run answer alike.
 * @throws OutsideWorkflowError, ValidationError for a bad id
 */
export function patched(id: string): boolean {
  return workflowContext('patched').patched(checkName('patch', id));
}

/**
 * Stands where `patched` stood once no run needs the old way any more: runs that have recorded the
 * patch still replay.
 */
export function deprecatePatch(id: string): void {
  workflowContext('deprecatePatch').deprecatePatch(checkName('patch', id));
}
