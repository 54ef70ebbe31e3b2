import { classOfPrototype } from './codec-classes.ts';
import { LEAF_BY_PROTOTYPE, LEAF_BY_TAG, type Leaf } from './codec-leaves.ts';
import { isError } from './error-classes.ts';

export type Kind = 'plain' | 'array' | 'map' | 'set' | 'leaf' | 'error' | 'instance' | 'unknown';

/**
 * How the codec treats an object. Subclasses of built-in classes are not those classes: they count
 * only if registered.
 */
export function kindOf(source: object): Kind {
  const prototype: object | null = Object.getPrototypeOf(source);
  if (Array.isArray(source)) {
    if (prototype === Array.prototype) return 'array';
  } else if (prototype === Object.prototype || prototype === null) {
    return 'plain';
  }
  if (prototype === null) return 'unknown';
  if (LEAF_BY_PROTOTYPE.has(prototype)) return 'leaf';
  if (prototype === Map.prototype) return 'map';
  if (prototype === Set.prototype) return 'set';
  if (isError(source)) return 'error';
  if (classOfPrototype(prototype)) return 'instance';
  return foreignKind(source, prototype);
}

/** The leaf of an object of that kind. */
export function leafOf(source: object): Leaf {
  const leaf =
    LEAF_BY_PROTOTYPE.get(Object.getPrototypeOf(source)) ?? LEAF_BY_TAG.get(builtInTag(source));
  if (!leaf) throw new TypeError('not a leaf');
  return leaf;
}

/** What to call an object of unknown kind. */
export function describeObject(source: object): string {
  if (builtInTag(source) === 'Promise') return 'a Promise (await it first)';
  const ctor: unknown = Object.getPrototypeOf(source)?.constructor;
  const name = typeof ctor === 'function' && ctor.name;
  return name ? `an instance of ${name}` : 'an instance of an unnamed class';
}

export function describeFunction(value: object): string {
  const text = Function.prototype.toString.call(value);
  return text.startsWith('class') ? `the class ${(value as { name: string }).name}` : 'a function';
}

/** Built-in objects of another realm, or made by a replaced global such as a test's fake Date. */
function foreignKind(source: object, prototype: object): Kind {
  const tag = builtInTag(source);
  const ctor: unknown = prototype.constructor;
  const isRoot = Object.getPrototypeOf(prototype) === null;
  // Without a constructor: what node:querystring and the like return.
  if (isRoot && ctor === undefined) return 'plain';
  const builtIn = isNative(ctor, tag) || (globalThis as { [name: string]: unknown })[tag] === ctor;
  if (!builtIn) return 'unknown';
  if (tag === 'Array') return 'array';
  if (tag === 'Map') return 'map';
  if (tag === 'Set') return 'set';
  if (isRoot) return 'plain';
  return LEAF_BY_TAG.has(tag) ? 'leaf' : 'unknown';
}

function builtInTag(source: object): string {
  return Object.prototype.toString.call(source).slice(8, -1);
}

function isNative(ctor: unknown, name: string): boolean {
  if (typeof ctor !== 'function') return false;
  return Function.prototype.toString.call(ctor) === `function ${name}() { [native code] }`;
}
