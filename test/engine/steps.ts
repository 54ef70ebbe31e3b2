import { type StepFunction, step } from '../../src/workflow/define-step.ts';

/** A step whose result is the test's business. */
export function namedStep(name: string): StepFunction<unknown[], unknown> {
  return step({ name }, (...args: unknown[]): unknown => args);
}

export const a = namedStep('a');
export const b = namedStep('b');
export const c = namedStep('c');
