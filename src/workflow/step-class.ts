import type { Duration } from '../core/duration.ts';
import { ValidationError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { RetryDelay } from '../core/retry-policy.ts';
import { callStep, resolveStep } from './define-step.ts';
import { registerStep } from './registry.ts';
import type { StepDefinition } from './step-definition.ts';

const definitions = new WeakMap<object, StepDefinition>();

/**
 * The class form of a step: subclass it, set the options as fields, write `execute`, and call
 * `new FetchUser().run(userId)` in a workflow. Every attempt gets a fresh instance, so fields
 * cannot carry state from one attempt into the next.
 */
export abstract class Step {
  readonly name?: string;
  readonly maxRetries?: number;
  readonly retryDelay?: RetryDelay;
  readonly jitter?: boolean;
  readonly timeout?: Duration;
  readonly metadata?: { readonly [key: string]: Json };

  abstract execute(...args: never[]): unknown;

  run(...args: Parameters<this['execute']>): Promise<Awaited<ReturnType<this['execute']>>> {
    return callStep(this.#definition(), args) as Promise<Awaited<ReturnType<this['execute']>>>;
  }

  #definition(): StepDefinition {
    const Class = this.constructor as new () => Step;
    let definition = definitions.get(Class);
    if (definition === undefined) {
      if (Class.length > 0) {
        const message =
          'its constructor takes arguments, but each attempt makes an instance of its own';
        const hint = 'Hand them to run(), where they are recorded.';
        throw new ValidationError(`Step '${Class.name}'`, [{ path: '', message }], hint);
      }
      const execute = (...args: never[]) => new Class().execute(...args);
      // Two classes differ by their code, not by this closure's.
      execute.toString = () => Class.toString();
      definition = resolveStep({ ...stepFields(this), name: this.name ?? Class.name }, execute);
      registerStep(definition);
      definitions.set(Class, definition);
    }
    return definition;
  }
}

function stepFields(step: Step) {
  const { maxRetries, retryDelay, jitter, timeout, metadata } = step;
  return {
    ...(maxRetries !== undefined && { maxRetries }),
    ...(retryDelay !== undefined && { retryDelay }),
    ...(jitter !== undefined && { jitter }),
    ...(timeout !== undefined && { timeout }),
    ...(metadata !== undefined && { metadata }),
  };
}
