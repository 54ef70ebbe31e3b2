import type { Clock } from '../core/clock.ts';
import { currentContext, type StepContext } from '../workflow/context.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import type { Activity } from './activity.ts';

/** Knows which steps are at work, and which of them only wait for virtual time. */
export interface StepTime {
  /** The same function, counted as long as it runs. */
  counted(
    definition: StepDefinition,
    fn: StepDefinition['fn'],
    activity: Activity,
  ): StepDefinition['fn'];
  /** Waits by the virtual clock: the step that calls it does not hold up time meanwhile. */
  sleep(ms: number): Promise<void>;
}

interface Working {
  readonly begin: () => () => void;
  end: () => void;
  sleeping: number;
}

export function createStepTime(clock: Clock): StepTime {
  const working = new WeakMap<StepContext, Working>();

  function counted(
    { name }: StepDefinition,
    fn: StepDefinition['fn'],
    activity: Activity,
  ): StepDefinition['fn'] {
    return async (...args) => {
      const context = currentContext();
      const step = context?.kind === 'step' ? context : null;
      const begin = () => activity.begin(`step '${name}' of ${step?.runId ?? 'no run'}`);
      const entry: Working = { begin, end: begin(), sleeping: 0 };
      if (step !== null) working.set(step, entry);
      const over = () => {
        entry.sleeping = Number.POSITIVE_INFINITY;
        entry.end();
      };
      // Timed out or cancelled: the engine waits for it no more.
      step?.signal.addEventListener('abort', over, { once: true });
      try {
        return await fn(...args);
      } finally {
        over();
      }
    };
  }

  function sleep(ms: number): Promise<void> {
    const context = currentContext();
    const entry = context?.kind === 'step' ? working.get(context) : undefined;
    if (entry !== undefined && entry.sleeping++ === 0) entry.end();
    return new Promise((resolve) => {
      clock.after(ms, () => {
        if (entry !== undefined && --entry.sleeping === 0) entry.end = entry.begin();
        resolve();
      });
    });
  }

  return { counted, sleep };
}
