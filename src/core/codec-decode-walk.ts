import { formatPath, type Segment } from './codec-path.ts';
import { SerializationError } from './errors.ts';
import type { Json } from './json.ts';

/** What one decoding knows. */
export interface DecodeWalk {
  readonly root: Json;
  /** The way to the value at hand. */
  readonly path: Segment[];
  /** What every branch met so far became. */
  readonly values: Map<object, unknown>;
}

/** An object of the stored tree. Nothing is known about its shape. */
export type Stored = { readonly [key: string]: unknown };

export function storedObject(walk: DecodeWalk, what: string, value: unknown): Stored {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? (value as Stored) : damaged(walk, what, 'not an object');
}

export function storedList(walk: DecodeWalk, what: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : damaged(walk, what, 'not a list');
}

export function damaged(walk: DecodeWalk, what: string, why: string): never {
  return refuse(walk, `a damaged ${what} (${why.slice(0, 200)})`);
}

export function refuse(walk: DecodeWalk, what: string): never {
  throw new SerializationError(what, formatPath(walk.path), 'read');
}

/** Quotes what should have been a name. */
export function quote(name: unknown): string {
  return typeof name === 'string' ? `'${name.slice(0, 80)}'` : 'without a name';
}
