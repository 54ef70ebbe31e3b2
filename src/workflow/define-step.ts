import { type Duration, parseDuration } from '../core/duration.ts';
import { ValidationError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { checkRetryDelay, type RetryDelay } from '../core/retry-policy.ts';
import { currentContext } from './context.ts';
import { checkName } from './define-workflow.ts';
import { registerStep } from './registry.ts';
import type { StepDefinition } from './step-definition.ts';

export interface StepOptions {
  /** Default: the function's own name. */
  readonly name?: string;
  /** Attempts after the first. Default 3. */
  readonly maxRetries?: number;
  /** Default 'exponential': 1, 2, 4 … s, at most 5 min. */
  readonly retryDelay?: RetryDelay;
  /** Spreads the delays. Default false. */
  readonly jitter?: boolean;
  /** Per attempt; an attempt that takes longer counts as a retryable failure. Default: no limit. */
  readonly timeout?: Duration;
  readonly metadata?: { readonly [key: string]: Json };
  /** Run in the worker that runs the workflow, even where steps are spread over a fleet. */
  readonly forceLocal?: boolean;
  /** The queue whose workers run it, where steps are spread over a fleet. */
  readonly queue?: string;
  /**
   * At most `limit` attempts begin within `per`, counted over all runs and processes of the store.
   * Steps that give the same `name` share a limit. Default name: the step's own.
   */
  readonly rateLimit?: { readonly limit: number; readonly per: Duration; readonly name?: string };
}

/** A registered step: durable inside a workflow, the plain function everywhere else. */
export interface StepFunction<Args extends unknown[], Out> {
  (...args: Args): Promise<Out>;
  readonly stepName: string;
}

// `never[]` lets a parameter with a default take its type from it.
type Body = (...args: never[]) => unknown;
type StepOf<F extends Body> = StepFunction<Parameters<F>, Awaited<ReturnType<F>>>;

/**
 * Registers a step under `options.name` or the function's name.
 * @throws DuplicateNameError if the name is taken by other code, ValidationError for a bad option.
 */
export function step<F extends Body>(options: StepOptions, fn: F): StepOf<F>;
export function step<F extends Body>(fn: F): StepOf<F>;
export function step<F extends Body>(first: StepOptions | F, second?: F): StepOf<F> {
  const [options, fn] = typeof first === 'function' ? [{}, first] : [first, second];
  if (typeof fn !== 'function') {
    throw new ValidationError('step()', [
      { path: '', message: 'the second argument must be a function' },
    ]);
  }
  const definition = resolveStep(options, fn);
  registerStep(definition);
  const callable = (...args: Parameters<F>) =>
    callStep(definition, args) as Promise<Awaited<ReturnType<F>>>;
  return Object.assign(callable, { stepName: definition.name });
}

/** A step called from a workflow's body is durable; from another step or from outside it just runs. */
export function callStep(definition: StepDefinition, args: readonly unknown[]): Promise<unknown> {
  const context = currentContext();
  if (context?.kind === 'workflow') return context.runStep(definition, args);
  return (async () => definition.fn(...(args as never[])))();
}

export function resolveStep(options: StepOptions, fn: StepDefinition['fn']): StepDefinition {
  const name = checkName('step', options.name ?? fn.name);
  const { maxRetries } = options;
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0)) {
    const message = `must be a whole number of at least 0, not ${maxRetries}`;
    throw new ValidationError(`Step '${name}'`, [{ path: 'maxRetries', message }]);
  }
  const retryDelay = options.retryDelay ?? 'exponential';
  const jitter = options.jitter ?? false;
  checkRetryDelay({ retryDelay, jitter });
  return {
    name,
    fn,
    maxRetries,
    retryDelay,
    jitter,
    timeoutMs: options.timeout === undefined ? null : parseDuration(options.timeout),
    metadata: options.metadata ?? {},
    forceLocal: options.forceLocal ?? false,
    queue: options.queue ?? null,
    rateLimit: resolveRateLimit(name, options.rateLimit),
  };
}

function resolveRateLimit(
  step: string,
  given: StepOptions['rateLimit'],
): StepDefinition['rateLimit'] {
  if (given === undefined) return null;
  const perMs = parseDuration(given.per);
  const { limit } = given;
  if (!(Number.isInteger(limit) && limit > 0 && perMs > 0)) {
    const message = 'needs a whole `limit` of at least 1 and a `per` longer than nothing';
    throw new ValidationError(`Step '${step}'`, [{ path: 'rateLimit', message }]);
  }
  return { name: given.name ?? step, limit, perMs };
}
