import { currentContext } from '../workflow/context.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import { type Behaviour, behave } from './behaviour.ts';

/** One attempt of a mocked step. */
export interface StepCall<Args extends readonly unknown[] = readonly unknown[]> {
  readonly args: Args;
  readonly runId: string;
  readonly stepId: string;
  /** 1 for the first attempt of the step. */
  readonly attempt: number;
}

export interface StepMock<Args extends readonly unknown[] = readonly unknown[], Out = unknown> {
  readonly stepName: string;
  /** All attempts so far, in order. */
  readonly calls: readonly StepCall<Args>[];
  /** What the next attempt does, before the mock goes back to its own behaviour. Calls queue up. */
  once(behaviour: Behaviour<Args, Out>): this;
  /** The step is itself again; `calls` stays as it is. */
  restore(): void;
}

/** The mocks of an environment, by the name of the step. */
export interface StepMocks {
  /** @param behaviour left out: the step does what it does, and its calls are recorded. */
  mock(stepName: string, behaviour: readonly [] | readonly [Behaviour]): StepMock;
  /** The function to call for this step. */
  functionOf(definition: StepDefinition): StepDefinition['fn'];
}

export function createStepMocks(): StepMocks {
  const mocks = new Map<
    string,
    StepMock & { run(real: StepDefinition['fn'], args: readonly unknown[]): unknown }
  >();

  return {
    mock(stepName, behaviour) {
      const calls: StepCall[] = [];
      const next: Behaviour[] = [];
      const mock = {
        stepName,
        calls,
        once(once: Behaviour) {
          next.push(once);
          return mock;
        },
        restore() {
          if (mocks.get(stepName) === mock) mocks.delete(stepName);
        },
        run(real: StepDefinition['fn'], args: readonly unknown[]): unknown {
          const context = currentContext();
          const { stepId = '', attempt = 1 } = context?.kind === 'step' ? context : {};
          calls.push({ args, runId: context?.runId ?? '', stepId, attempt });
          const chosen = next.length > 0 ? next.splice(0, 1) : behaviour;
          return behave(chosen.length > 0 ? chosen[0] : real, args);
        },
      };
      mocks.set(stepName, mock);
      return mock;
    },
    functionOf({ name, fn }) {
      const mock = mocks.get(name);
      return mock === undefined ? fn : (...args: never[]) => mock.run(fn, args);
    },
  };
}
