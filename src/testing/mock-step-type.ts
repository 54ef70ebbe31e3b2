import type { StepFunction } from '../workflow/define-step.ts';
import type { Step } from '../workflow/step-class.ts';
import type { Behaviour } from './behaviour.ts';
import type { StepMock } from './step-mocks.ts';

/**
 * Puts a function, an error (retried like any other) or a value in the place of a step's code; with
 * nothing but the step, its calls are recorded. A later mock of the same step replaces an earlier
 * one. A step that another step calls is a plain function call, and stays what it is.
 */
export interface MockStep {
  <Args extends unknown[], Out>(
    step: StepFunction<Args, Out>,
    behaviour?: Behaviour<Args, Out>,
  ): StepMock<Args, Out>;
  <S extends Step>(
    step: new () => S,
    behaviour?: Behaviour<Parameters<S['execute']>, Awaited<ReturnType<S['execute']>>>,
  ): StepMock<Parameters<S['execute']>, Awaited<ReturnType<S['execute']>>>;
  (step: string, behaviour?: unknown): StepMock;
}
