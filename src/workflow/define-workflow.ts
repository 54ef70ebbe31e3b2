import { type Duration, parseDuration } from '../core/duration.ts';
import { ValidationError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { registerWorkflow } from './registry.ts';
import type { Schema } from './schema.ts';
import type { WorkflowDefinition } from './workflow-definition.ts';
import { type ConcurrencyOptions, checkLimits, type SingletonOptions } from './workflow-gates.ts';

export interface WorkflowOptions<In = unknown, Parsed = In> {
  /** Default: the function's own name. */
  readonly name?: string;
  /** Checked at `start`; its output is what the workflow receives. */
  readonly input?: Schema<In, Parsed>;
  readonly description?: string;
  /** `false` runs without a store. Default: from the configuration, else true. */
  readonly durable?: boolean;
  /** The run fails with WorkflowTimeoutError after this long. */
  readonly maxDuration?: Duration;
  /** At most three. */
  readonly tags?: readonly string[];
  readonly metadata?: { readonly [key: string]: Json };
  readonly recoverOnWorkerLoss?: boolean;
  readonly maxRecoveryAttempts?: number;
  /** How many runs may be active at a time; the others wait in the order of their start. */
  readonly concurrency?: ConcurrencyOptions<Parsed>;
  /** One active run at a time, or one for each key. */
  readonly singleton?: true | SingletonOptions<Parsed>;
  /** Recorded with every run, to tell which code began it. Default: `code_version` of the configuration. */
  readonly version?: string;
}

const DEFINITION = Symbol.for('pyworkflow.workflow');

/** A registered workflow. Calling it runs the function as it is, without durability. */
export interface WorkflowFunction<In, Out, Parsed = In> {
  (input: Parsed): Promise<Out>;
  readonly workflowName: string;
  /** Types only: what `start` accepts. */
  readonly '~input'?: In;
}

type Body<Parsed, Out> = (input: Parsed) => Out | Promise<Out>;

/**
 * Registers a workflow under `options.name` or the function's name.
 * @throws DuplicateNameError if the name is taken by other code, ValidationError for a bad option.
 */
export function workflow<In, Out, Parsed = In>(
  options: WorkflowOptions<In, Parsed> & { readonly input: Schema<In, Parsed> },
  fn: Body<Parsed, Out>,
): WorkflowFunction<In, Out, Parsed>;
export function workflow<Out, In = void>(
  options: WorkflowOptions<In, In>,
  fn: Body<In, Out>,
): WorkflowFunction<In, Out>;
export function workflow<Out, In = void>(fn: Body<In, Out>): WorkflowFunction<In, Out>;
export function workflow<In, Out, Parsed>(
  first: WorkflowOptions<In, Parsed> | Body<Parsed, Out>,
  second?: Body<Parsed, Out>,
): WorkflowFunction<In, Out, Parsed> {
  const [options, fn] =
    typeof first === 'function' ? [{} as WorkflowOptions<In, Parsed>, first] : [first, second];
  if (typeof fn !== 'function') {
    throw new ValidationError('workflow()', [
      { path: '', message: 'the second argument must be a function' },
    ]);
  }
  const definition = resolveWorkflow(options, fn as WorkflowDefinition['fn']);
  registerWorkflow(definition);
  const callable = async (input: Parsed) => fn(input);
  return Object.assign(callable, { workflowName: definition.name, [DEFINITION]: definition });
}

/** What `workflow()` attached to its result, or undefined for anything else. */
export function definitionOf(value: unknown): WorkflowDefinition | undefined {
  if (typeof value !== 'function') return undefined;
  return (value as { [DEFINITION]?: WorkflowDefinition })[DEFINITION];
}

export function resolveWorkflow<In, Parsed>(
  options: WorkflowOptions<In, Parsed>,
  fn: WorkflowDefinition['fn'],
): WorkflowDefinition {
  const name = checkName('workflow', options.name ?? fn.name);
  const tags = options.tags ?? [];
  if (tags.length > 3) {
    throw new ValidationError(`Workflow '${name}'`, [
      { path: 'tags', message: `has ${tags.length} tags, at most 3 tags are allowed` },
    ]);
  }
  const singleton = options.singleton === true ? {} : options.singleton;
  const { concurrency } = options;
  checkLimits(name, concurrency, singleton);
  return {
    name,
    fn,
    input: options.input as Schema | undefined,
    description: options.description ?? null,
    durable: options.durable,
    maxDurationMs: options.maxDuration === undefined ? null : parseDuration(options.maxDuration),
    tags,
    metadata: options.metadata ?? {},
    recoverOnWorkerLoss: options.recoverOnWorkerLoss,
    maxRecoveryAttempts: options.maxRecoveryAttempts,
    concurrency,
    singleton,
    version: options.version,
  };
}

const NAMED = {
  workflow: "workflow({ name: 'myName' }, …)",
  step: "step({ name: 'myName' }, …)",
  hook: "hook('myName', …)",
  sleep: "sleep('1h', { name: 'myName' })",
  child: "startChildWorkflow(workflow, input, { id: 'myName' })",
  patch: "patched('myName')",
  saga: "saga(…, { name: 'myName' })",
};

/** @throws ValidationError for an anonymous function or a name that could not be typed on a command line. */
export function checkName(kind: keyof typeof NAMED, name: string): string {
  const hint = `Name it: ${NAMED[kind]}`;
  if (name === '') {
    throw new ValidationError(`A ${kind}`, [{ path: 'name', message: 'has no name' }], hint);
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,199}$/.test(name)) {
    const message = `'${name}' may hold only letters, digits and _ . - / :, 200 at most`;
    throw new ValidationError(`A ${kind}`, [{ path: 'name', message }], hint);
  }
  return name;
}
