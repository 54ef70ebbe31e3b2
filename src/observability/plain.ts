import { types } from 'node:util';
import { isoTime } from '../core/clock.ts';
import type { Json } from '../core/json.ts';
import { readSafely } from '../core/safe-read.ts';

const MAX_DEPTH = 10;
const MAX_VALUES = 10_000;

/** For people to read, not to be turned back: cycles and what has no JSON form are described. Never throws. */
export function toPlain(value: unknown): Json {
  return plain(value, [], { left: MAX_VALUES });
}

interface Budget {
  left: number;
}

function plain(value: unknown, above: readonly object[], budget: Budget): Json {
  if (budget.left-- <= 0) return '[…]';
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'undefined':
      return null;
    case 'function':
      return `[function ${String(readSafely(value, 'name'))}]`;
    case 'object':
      return value === null ? null : plainObject(value, above, budget);
    default:
      return String(value);
  }
}

function plainObject(value: object, above: readonly object[], budget: Budget): Json {
  if (above.includes(value)) return '[circular]';
  if (above.length >= MAX_DEPTH) return '[…]';
  const inside = (part: unknown) => plain(part, [...above, value], budget);
  try {
    if (types.isNativeError(value)) return inside(partsOf(value));
    // Not by its own method, which is the deterministic one in workflows.
    if (types.isDate(value)) return isoTime(Date.prototype.getTime.call(value));
    if (types.isRegExp(value) || value instanceof URL) return String(value);
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
      return `[${value.constructor.name} of ${value.byteLength} bytes]`;
    }
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return inside(toJSON.call(value));
    if (types.isSet(value)) return [...firstOf(value, budget)].map(inside);
    if (types.isMap(value)) {
      const entries = [...firstOf(value, budget)];
      if (entries.some(([key]) => typeof key !== 'string')) return inside(entries);
      return inside(Object.fromEntries(entries));
    }
    if (Array.isArray(value)) return value.slice(0, Math.max(0, budget.left)).map(inside);
    return plainRecord(value, inside, budget);
  } catch {
    return '[unreadable]';
  }
}

function plainRecord(value: object, inside: (part: unknown) => Json, budget: Budget): Json {
  const entries: [string, Json][] = [];
  for (const key of Object.keys(value)) {
    if (budget.left <= 0) break;
    const part = partOf(value, key);
    if (part !== undefined) entries.push([key, inside(part)]);
  }
  return Object.fromEntries(entries);
}

function partOf(value: object, key: string): unknown {
  try {
    return (value as { readonly [key: string]: unknown })[key];
  } catch {
    return '[unreadable]';
  }
}

function partsOf(error: Error): object {
  const { name, message, stack, cause } = error;
  return Object.assign({ name, message }, error, cause !== undefined && { cause }, { stack });
}

function* firstOf<T>(values: Iterable<T>, budget: Budget): Generator<T> {
  let left = budget.left;
  for (const value of values) {
    if (left-- <= 0) return;
    yield value;
  }
}
