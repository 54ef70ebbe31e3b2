import { put } from './codec-tree.ts';
import { BUILT_IN_ERRORS, errorClass, nearestClass } from './error-classes.ts';
import { PyWorkflowError } from './errors.ts';
import type { Json } from './json.ts';
import { readSafely } from './safe-read.ts';

/** What the store holds of an error. A type, not an interface, so that it is a Json. */
export type EncodedError = {
  /** The error's name, or its class's where the class sets none. */
  readonly name: string;
  readonly message: string;
  /** The nearest class that reading can rebuild, where it is not the one called `name`. */
  readonly class?: string;
  readonly code?: string | number;
  readonly stack?: string;
  readonly cause?: Json;
  /** Of an AggregateError. */
  readonly errors?: Json;
  /** Further own enumerable fields. */
  readonly fields?: { readonly [key: string]: Json };
};

/** An error taken apart; its values are not encoded yet. */
export interface ErrorParts {
  readonly head: { readonly [K in 'name' | 'message' | 'class' | 'stack']?: string } & {
    readonly code?: string | number;
  };
  readonly values: { readonly cause?: unknown; readonly errors?: unknown };
  readonly fields: { readonly [key: string]: unknown };
}

/** Kept elsewhere in the encoded error, or not own data to begin with. */
export const APART_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'message',
  'stack',
  'code',
  'cause',
]);
/** Not enumerable on the package's own errors, and worth keeping. */
export const QUIET_FIELDS = ['details', 'hint'];

/** Reads whatever an error has to tell; never throws, whatever its getters do. */
export function takeApart(error: Error): ErrorParts {
  const known = nearestClass(error);
  const name = nameOf(error);
  const stack = readSafely(error, 'stack');
  const code = readSafely(error, 'code');
  const cause = readSafely(error, 'cause');
  const plainCode = typeof code === 'string' || Number.isFinite(code);
  const keys = Object.keys(error).filter(
    (key) => !APART_FIELDS.has(key) || (key === 'code' && !plainCode),
  );
  const errors = keys.includes('errors') ? undefined : readSafely(error, 'errors');
  if (PyWorkflowError.is(error)) keys.push(...quietKeys(error, keys));
  const fields: { [key: string]: unknown } = {};
  for (const key of keys) put(fields, key, readSafely(error, key));
  return {
    head: {
      name,
      message: textOf(readSafely(error, 'message')),
      ...((errorClass(name) ?? Error) === known.ctor ? {} : { class: known.name }),
      ...(plainCode ? { code: code as string | number } : {}),
      ...(typeof stack === 'string' ? { stack } : {}),
    },
    values: {
      ...(cause === undefined ? {} : { cause }),
      ...(Array.isArray(errors) ? { errors } : {}),
    },
    fields,
  };
}

function nameOf(error: Error): string {
  const name = readSafely(error, 'name');
  const ctor = readSafely(readSafely(error, 'constructor'), 'name');
  if (typeof name !== 'string' || name === '')
    return typeof ctor === 'string' && ctor ? ctor : 'Error';
  const inherited = BUILT_IN_ERRORS.has(name) && !Object.hasOwn(error, 'name');
  return inherited && typeof ctor === 'string' && ctor ? ctor : name;
}

function quietKeys(error: Error, keys: readonly string[]): string[] {
  return QUIET_FIELDS.filter((key) => {
    const value = readSafely(error, key);
    const empty = typeof value === 'object' && value && Object.keys(value).length === 0;
    return value !== undefined && !empty && !keys.includes(key);
  });
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  return typeof message === 'object' || message === undefined ? '' : String(message);
}
