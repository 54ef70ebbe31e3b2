import { classNamed } from './codec-classes.ts';
import {
  type DecodeWalk,
  damaged,
  quote,
  refuse,
  type Stored,
  storedList,
  storedObject,
} from './codec-decode-walk.ts';
import { LEAF_BY_TAG, readBigint, readNumber } from './codec-leaves.ts';
import { INSIDE, MAP_KEYS, MAX_DEPTH, type Segment, VALUES } from './codec-path.ts';
import { followPointer } from './codec-pointer.ts';
import { define, put } from './codec-tree.ts';
import { addField, addValue, makeError } from './error-rebuild.ts';
import type { Json } from './json.ts';
import { messageSafely } from './safe-read.ts';

/** In `values` while a class's own `decode` still waits for its data. */
const UNFINISHED = Symbol();

/**
 * Gives back the value that `encode` turned into this tree. Runs no code but the `decode` of
 * registered classes, and treats every key as data. References may point forward, because some
 * databases reorder keys.
 *
 * @param json may become part of the result: the caller gives it away
 * @throws SerializationError with the path to what is damaged or of a class nobody registered
 */
export function decode(json: Json): unknown {
  return isPlain(json, 0) ? json : decodeValue({ root: json, path: [], values: new Map() }, json);
}

/** Whether a tree holds no tags, so that it is its own value. Too deep counts as not plain. */
function isPlain(node: Json, depth: number): boolean {
  if (typeof node !== 'object' || node === null) return true;
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(node)) {
    for (const item of node) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  const fields = node as { [key: string]: Json };
  for (const key of Object.keys(fields)) {
    if (key === '$' || !isPlain(fields[key] as Json, depth + 1)) return false;
  }
  return true;
}

function decodeValue(walk: DecodeWalk, node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const before = walk.values.get(node);
  if (before === UNFINISHED) return refuse(walk, 'an instance that contains itself');
  if (before !== undefined) return before;
  if (walk.path.length >= MAX_DEPTH) {
    return refuse(walk, `a value nested over ${MAX_DEPTH} levels deep`);
  }
  if (Array.isArray(node)) return decodeArray(walk, node);
  if (Object.hasOwn(node, '$')) return decodeTagged(walk, node as Stored);
  return decodePlain(walk, node, node as Stored);
}

function decodeTagged(walk: DecodeWalk, node: Stored): unknown {
  const { $: tag, v } = node;
  switch (tag) {
    case 'undefined':
      return undefined;
    case 'ref':
      return decodeReference(walk, v);
    case 'Object':
      return decodePlain(walk, node, storedObject(walk, tag, v));
    case 'Map':
      return decodeMap(walk, node, storedList(walk, tag, v));
    case 'Set':
      return decodeSet(walk, node, storedList(walk, tag, v));
    case 'Error':
      return decodeError(walk, node, storedObject(walk, tag, v));
    case 'class':
      return decodeInstance(walk, node);
    case 'number':
      return attempt(walk, tag, () => readNumber(v));
    case 'bigint':
      return attempt(walk, tag, () => readBigint(v));
    default:
      return decodeLeaf(walk, node, tag, v);
  }
}

function decodeReference(walk: DecodeWalk, pointer: unknown): unknown {
  const target = typeof pointer === 'string' ? followPointer(walk.root, pointer) : undefined;
  // References to references could go in circles.
  if (!target || ('$' in target && target.$ === 'ref')) {
    return damaged(walk, 'ref', 'it leads nowhere');
  }
  return decodeMember(walk, INSIDE, target);
}

function decodeArray(walk: DecodeWalk, node: readonly unknown[]): unknown[] {
  const array: unknown[] = [];
  walk.values.set(node, array);
  for (let i = 0; i < node.length; i++) array.push(decodeMember(walk, i, node[i]));
  return array;
}

function decodePlain(walk: DecodeWalk, node: object, fields: Stored): object {
  const object: { [key: string]: unknown } = {};
  walk.values.set(node, object);
  for (const key of Object.keys(fields)) put(object, key, decodeMember(walk, key, fields[key]));
  return object;
}

function decodeMap(walk: DecodeWalk, node: Stored, entries: readonly unknown[]): unknown {
  const map = new Map<unknown, unknown>();
  walk.values.set(node, map);
  for (const [i, entry] of entries.entries()) {
    if (!Array.isArray(entry) || entry.length !== 2) return damaged(walk, 'Map', 'not all pairs');
    walk.path.push(MAP_KEYS);
    const key = decodeMember(walk, i, entry[0]);
    walk.path.splice(-1, 1, VALUES);
    map.set(key, decodeMember(walk, i, entry[1]));
    walk.path.pop();
  }
  return map;
}

function decodeSet(walk: DecodeWalk, node: Stored, items: readonly unknown[]): unknown {
  const set = new Set<unknown>();
  walk.values.set(node, set);
  walk.path.push(VALUES);
  for (const [i, item] of items.entries()) set.add(decodeMember(walk, i, item));
  walk.path.pop();
  return set;
}

function decodeLeaf(walk: DecodeWalk, node: Stored, tag: unknown, packed: unknown): unknown {
  const leaf = typeof tag === 'string' ? LEAF_BY_TAG.get(tag) : undefined;
  if (!leaf) return refuse(walk, `a value of the unknown type ${quote(tag)}`);
  const value = attempt(walk, leaf.tag, () => leaf.unpack(packed));
  walk.values.set(node, value);
  return value;
}

function decodeError(walk: DecodeWalk, node: Stored, encoded: Stored): unknown {
  const { cause, errors, fields = {} } = encoded;
  const error = attempt(walk, 'Error', () => makeError(encoded));
  walk.values.set(node, error);
  if (cause !== undefined) addValue(error, 'cause', decodeMember(walk, 'cause', cause));
  if (errors !== undefined) addValue(error, 'errors', decodeMember(walk, 'errors', errors));
  const extra = storedObject(walk, 'Error', fields);
  for (const key of Object.keys(extra)) addField(error, key, decodeMember(walk, key, extra[key]));
  return error;
}

function decodeInstance(walk: DecodeWalk, node: Stored): unknown {
  const { name, v } = node;
  const known = typeof name === 'string' ? classNamed(name) : undefined;
  if (!known) return refuse(walk, `an instance of the unregistered class ${quote(name)}`);
  const { custom } = known;
  if (!custom) {
    const instance: object = Object.create(known.ctor.prototype);
    walk.values.set(node, instance);
    const fields = storedObject(walk, known.name, v);
    for (const key of Object.keys(fields)) {
      define(instance, key, decodeMember(walk, key, fields[key]), true);
    }
    return instance;
  }
  walk.values.set(node, UNFINISHED);
  const data = decodeMember(walk, INSIDE, v);
  const value = attempt(walk, known.name, () => custom.decode(data));
  walk.values.set(node, value);
  return value;
}

function decodeMember(walk: DecodeWalk, segment: Segment, node: unknown): unknown {
  walk.path.push(segment);
  const value = decodeValue(walk, node);
  walk.path.pop();
  return value;
}

function attempt<T>(walk: DecodeWalk, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return damaged(walk, what, messageSafely(error));
  }
}
