import { formatPath, type Segment } from './codec-path.ts';
import type { Reference } from './codec-pointer.ts';
import type { Branch, JsonObject } from './codec-tree.ts';
import { SerializationError } from './errors.ts';
import type { Json } from './json.ts';
import { messageSafely } from './safe-read.ts';

/** What one encoding knows. */
export interface EncodeWalk {
  /** The way to the value at hand. */
  readonly path: Segment[];
  /** What every object met so far became. */
  readonly nodes: Map<object, Branch>;
  readonly references: Reference[];
  /** Instances whose own `encode` is at work: they exist only after what it gave has been read. */
  readonly open: object[];
  /** Within errors a value that cannot be stored is described: an error must always be storable. */
  lenient: boolean;
}

export function startEncoding(): EncodeWalk {
  return { path: [], nodes: new Map(), references: [], open: [], lenient: false };
}

/** Stands for an object that was met before. */
export function refer(walk: EncodeWalk, source: object, target: Branch): Json {
  if (walk.open.includes(source)) {
    return refuse(walk, "a cycle through an instance with its own 'encode'");
  }
  // Stays undefined if the target belongs to a part that had to be given up.
  const place: JsonObject = { $: 'undefined' };
  walk.references.push({ place, target });
  return place;
}

/** Reads a property, which may run a getter or a proxy's trap. */
export function read(walk: EncodeWalk, source: object, key: string | number): unknown {
  try {
    return (source as { readonly [key: string | number]: unknown })[key];
  } catch (error) {
    return unreadable(walk, error);
  }
}

export function unreadable(walk: EncodeWalk, error: unknown): string {
  return refuse(walk, `a value that cannot be read (${messageSafely(error)})`);
}

/** @returns in an error the description that takes the value's place; else it throws */
export function refuse(walk: EncodeWalk, what: string): string {
  if (walk.lenient) return `[${what}]`;
  throw new SerializationError(what, formatPath(walk.path));
}
