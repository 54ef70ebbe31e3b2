/**
 * How deep a value may nest. Recursion has to end before the stack does, and JSON.stringify, which
 * comes after the codec, recurses too.
 */
export const MAX_DEPTH = 1000;

/** A step on the way to a value: a property, an index, or the way into something with neither. */
export type Segment = string | number | symbol;

export const MAP_KEYS = Symbol('.keys()');
export const VALUES = Symbol('.values()');
/** Counts as a level but leaves no trace in the text: what a class or a reference stands for. */
export const INSIDE = Symbol('');

/**
 * Writes a path as code would: `order.items[2].callback`.
 *
 * @param path from the outside in
 * @returns the empty string for the top level
 */
export function formatPath(path: readonly Segment[]): string {
  const text = path.map(formatSegment).join('');
  return text.startsWith('.') ? text.slice(1) : text;
}

function formatSegment(segment: Segment): string {
  if (typeof segment === 'symbol') return segment.description ?? '';
  if (typeof segment === 'number') return `[${segment}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(segment)
    ? `.${segment}`
    : `[${JSON.stringify(segment)}]`;
}
