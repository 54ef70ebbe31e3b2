import { ValidationError, type ValidationIssue } from '../core/errors.ts';
import type { WorkflowDefinition } from './workflow-definition.ts';

/** How many runs of a workflow may be active at a time, from start to end, sleeping ones included. */
export interface ConcurrencyOptions<In> {
  /** Of all its runs. Default: no limit. */
  readonly limit?: number;
  /** Of the runs with the same `key`. */
  readonly perKey?: number;
  /** What `perKey` counts by, for example the customer. */
  readonly key?: (input: In) => string;
}

export interface SingletonOptions<In> {
  /** One active run for each key. Default: one in all. */
  readonly key?: (input: In) => string;
  /** What a second start does. Default `reject`: WorkflowAlreadyRunningError. */
  readonly onConflict?: 'reject' | 'return_existing' | 'cancel_existing';
}

/** A place that a run must have before it may begin. The store's `Gate`. */
export interface WorkflowGate {
  readonly name: string;
  readonly limit: number;
  readonly whenFull: 'wait' | 'wait_one' | 'refuse' | 'replace' | 'join';
}

/**
 * The gates of a run with this input.
 * @throws ValidationError if a key function throws or gives no text
 */
export function gatesOf(definition: WorkflowDefinition, input: unknown): readonly WorkflowGate[] {
  const { name, concurrency, singleton } = definition;
  if (concurrency === undefined && singleton === undefined) return NONE;
  const gates: WorkflowGate[] = [];
  if (singleton !== undefined) {
    const whenFull = singleton.onConflict === 'cancel_existing' ? 'replace' : 'refuse';
    // No name holds a `#`: no gate of one workflow is that of another.
    const of = singleton.key === undefined ? '' : `#${keyOf(name, singleton.key, input)}`;
    gates.push({ name: `singleton:${name}${of}`, limit: 1, whenFull });
  }
  if (concurrency?.perKey !== undefined && concurrency.key !== undefined) {
    const key = keyOf(name, concurrency.key, input);
    const limit = concurrency.perKey;
    gates.push({ name: `workflow:${name}#${key}`, limit, whenFull: 'wait' });
  }
  if (concurrency?.limit !== undefined) {
    gates.push({ name: `workflow:${name}`, limit: concurrency.limit, whenFull: 'wait' });
  }
  return gates;
}

/** @throws ValidationError listing everything that is wrong with the options */
export function checkLimits(
  name: string,
  concurrency: ConcurrencyOptions<never> | undefined,
  singleton: SingletonOptions<never> | undefined,
): void {
  const issues: ValidationIssue[] = [];
  for (const key of ['limit', 'perKey'] as const) {
    const value = concurrency?.[key];
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    issues.push({
      path: `concurrency.${key}`,
      message: `must be a whole number of at least 1, not ${value}`,
    });
  }
  if ((concurrency?.perKey === undefined) !== (concurrency?.key === undefined)) {
    issues.push({ path: 'concurrency', message: 'needs both of perKey and key, or neither' });
  }
  if (singleton?.onConflict !== undefined && !CONFLICTS.includes(singleton.onConflict)) {
    issues.push({
      path: 'singleton.onConflict',
      message: `must be one of ${CONFLICTS.join(', ')}`,
    });
  }
  if (issues.length > 0) throw new ValidationError(`Workflow '${name}'`, issues);
}

const NONE: readonly WorkflowGate[] = [];
const CONFLICTS = ['reject', 'return_existing', 'cancel_existing'];

function keyOf(workflow: string, key: (input: never) => string, input: unknown): string {
  let found: unknown;
  try {
    found = key(input as never);
  } catch (error) {
    throw notAKey(workflow, `threw: ${String(error)}`);
  }
  if (typeof found !== 'string') throw notAKey(workflow, `gave ${typeof found}, not text`);
  return found;
}

function notAKey(workflow: string, message: string): ValidationError {
  return new ValidationError(`The key function of workflow '${workflow}'`, [{ path: '', message }]);
}
