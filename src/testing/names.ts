import { ValidationError } from '../core/errors.ts';
import { resolveDefinition } from '../workflow/resolve-definition.ts';
import { Step } from '../workflow/step-class.ts';

export type StepClass = new () => Step;

/** The name a step is recorded under. @throws ValidationError for what is no step */
export function nameOfStep(step: unknown): string {
  if (typeof step === 'string') return step;
  if (typeof step === 'function') {
    if (step.prototype instanceof Step) return new (step as StepClass)().name ?? step.name;
    const { stepName } = step as { readonly stepName?: unknown };
    if (typeof stepName === 'string') return stepName;
  }
  const message = 'is neither a step, nor a Step class, nor the name of a step';
  throw new ValidationError('mockStep()', [{ path: 'step', message }]);
}

/** The name of a workflow that exists. @throws UnknownWorkflowError */
export function nameOfWorkflow(workflow: unknown): string {
  return resolveDefinition(workflow).name;
}
