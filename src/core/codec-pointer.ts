import type { Branch, JsonObject } from './codec-tree.ts';
import type { Json } from './json.ts';

/** A place that shall refer to a branch which stands elsewhere in the same tree. */
export interface Reference {
  readonly place: JsonObject;
  readonly target: Branch;
}

/**
 * Turns the places into `{"$":"ref","v":"/json/pointer"}`. One walk at the end costs less than
 * knowing the pointer of every branch in case it is met again.
 *
 * @param root the finished tree that holds places and targets
 */
export function writePointers(root: Json, references: readonly Reference[]): void {
  const places = new Map<unknown, JsonObject[]>();
  for (const { place, target } of references) {
    const same = places.get(target);
    if (same) same.push(place);
    else places.set(target, [place]);
  }
  visit(root, '');

  function visit(node: Json, pointer: string): void {
    if (typeof node !== 'object' || node === null) return;
    for (const place of places.get(node) ?? []) {
      place.$ = 'ref';
      place.v = pointer;
    }
    for (const [key, child] of Object.entries(node)) {
      if (typeof child === 'object') visit(child, `${pointer}/${escapeKey(key)}`);
    }
  }
}

/**
 * Follows a JSON pointer (RFC 6901), looking only at a node's own properties.
 *
 * @returns the array or object it leads to, or undefined when it leads nowhere or to a leaf
 */
export function followPointer(root: Json, pointer: string): Branch | undefined {
  if (pointer !== '' && !pointer.startsWith('/')) return undefined;
  let node: unknown = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = unescapeKey(part);
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as JsonObject)[key];
  }
  return typeof node === 'object' && node !== null ? (node as Branch) : undefined;
}

function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapeKey(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
