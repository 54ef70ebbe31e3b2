import { currentContext } from '../workflow/context.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import type { SharedStore } from './shared-store.ts';

/** Gives functions that report when they begin although the end of their step is on disk. */
export function reportRepeatedSteps(
  shared: SharedStore,
  onRepeated: (step: string) => void,
): (fn: StepDefinition['fn']) => StepDefinition['fn'] {
  const ended = new Set<string>();
  shared.onCommitted(({ endedSteps }) => {
    for (const step of endedSteps) ended.add(step);
  });
  return (fn) =>
    (...args) => {
      const context = currentContext();
      const step = context?.kind === 'step' ? `${context.runId}/${context.stepId}` : '';
      if (ended.has(step)) onRepeated(step);
      return fn(...args);
    };
}
