import type { ClassLike } from './codec-classes.ts';
import { define } from './codec-tree.ts';
import { errorClass } from './error-classes.ts';
import { APART_FIELDS, QUIET_FIELDS } from './error-parts.ts';
import { type ErrorCode, PyWorkflowError } from './errors.ts';

/**
 * Makes an error of the named class without running any constructor but the package's own.
 * Cause, errors and fields are added when they are known.
 *
 * @param head what the store holds; of unknown shape
 * @throws Error if it has no name or message
 */
export function makeError(head: { readonly [key: string]: unknown }): Error {
  const { name, message, class: className = name, code, stack } = head;
  if (typeof name !== 'string' || typeof message !== 'string') {
    throw new Error('without a name or message');
  }
  const ctor = (typeof className === 'string' && errorClass(className)) || Error;
  const error = construct(ctor, message, code);
  Object.setPrototypeOf(error, ctor.prototype);
  if (error.name !== name) define(error, 'name', name, false);
  if (typeof code === 'string' || typeof code === 'number') define(error, 'code', code, true);
  define(error, 'stack', typeof stack === 'string' ? stack : `${name}: ${message}`, false);
  return error;
}

function construct(ctor: ClassLike<Error>, message: string, code: unknown): Error {
  const limit = Error.stackTraceLimit;
  // The stack of this function would lead readers astray, and costs more than all the rest.
  Error.stackTraceLimit = 0;
  try {
    const ours = ctor === PyWorkflowError || ctor.prototype instanceof PyWorkflowError;
    if (!ours || typeof code !== 'string') return new Error(message);
    return new PyWorkflowError(code as ErrorCode, message);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

export function addValue(error: Error, key: 'cause' | 'errors', value: unknown): void {
  define(error, key, value, false);
}

export function addField(error: Error, key: string, value: unknown): void {
  if (APART_FIELDS.has(key) && (key !== 'code' || Object.hasOwn(error, key))) return;
  const quiet = QUIET_FIELDS.includes(key) && PyWorkflowError.is(error);
  if (quiet && !(key === 'details' ? value instanceof Object : typeof value === 'string')) return;
  define(error, key, value, !quiet);
}
