import { classOfPrototype, type RegisteredClass } from './codec-classes.ts';
import {
  type EncodeWalk,
  read,
  refer,
  refuse,
  startEncoding,
  unreadable,
} from './codec-encode-walk.ts';
import { describeFunction, describeObject, kindOf, leafOf } from './codec-kinds.ts';
import { MAX_BIGINT_LENGTH } from './codec-leaves.ts';
import { INSIDE, MAP_KEYS, MAX_DEPTH, type Segment, VALUES } from './codec-path.ts';
import { writePointers } from './codec-pointer.ts';
import { type JsonObject, put } from './codec-tree.ts';
import { takeApart } from './error-parts.ts';
import { SerializationError } from './errors.ts';
import type { Json } from './json.ts';

/**
 * Turns a value into a fresh JSON tree that shares nothing with it. JSON-like values stand for
 * themselves, others become tagged objects such as `{"$":"Date","v":"2026-01-31T12:00:00.000Z"}`.
 * Holes of an array become undefined; symbol keys, extra properties of arrays and of built-in
 * objects, and the memory that two typed arrays share are not kept.
 *
 * @throws SerializationError with the path to a value that cannot be stored
 */
export function encode(value: unknown): Json {
  if (isOwnJson(value)) return value;
  if (value === undefined) return { $: 'undefined' };
  if (Array.isArray(value) && value.every(isOwnJson) && !hasHoles(value)) return Array.from(value);
  const walk = startEncoding();
  const json = encodeValue(walk, value);
  if (walk.references.length > 0) writePointers(json, walk.references);
  return json;
}

/** `every` passes over holes. */
function hasHoles(list: readonly unknown[]): boolean {
  for (let index = 0; index < list.length; index++) if (!(index in list)) return true;
  return false;
}

/** Whether a value that is no object stands for itself. */
function isOwnJson(value: unknown): value is string | boolean | number | null {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === 'string' || typeof value === 'boolean' || value === null;
}

function encodeValue(walk: EncodeWalk, value: unknown): Json {
  if (isOwnJson(value)) return value;
  switch (typeof value) {
    case 'object':
      return encodeObject(walk, value as object);
    case 'undefined':
      return { $: 'undefined' };
    case 'number':
      return { $: 'number', v: value === 0 ? '-0' : String(value) };
    case 'bigint':
      return encodeBigint(walk, value);
    case 'function':
      return refuse(walk, describeFunction(value));
    default:
      return refuse(walk, 'a symbol');
  }
}

function encodeBigint(walk: EncodeWalk, value: bigint): Json {
  const digits = value.toString();
  if (digits.length > MAX_BIGINT_LENGTH) return refuse(walk, 'a bigint of so many digits');
  return { $: 'bigint', v: digits };
}

function encodeObject(walk: EncodeWalk, source: object): Json {
  const target = walk.nodes.get(source);
  if (target) return refer(walk, source, target);
  const depth = walk.path.length;
  if (depth >= MAX_DEPTH) return refuse(walk, `a value nested over ${MAX_DEPTH} levels deep`);
  try {
    return encodeByKind(walk, source);
  } catch (error) {
    if (error instanceof SerializationError && !walk.lenient) throw error;
    walk.path.length = depth;
    return unreadable(walk, error);
  }
}

function encodeByKind(walk: EncodeWalk, source: object): Json {
  switch (kindOf(source)) {
    case 'plain':
      return encodePlain(walk, source);
    case 'array':
      return encodeArray(walk, source as readonly unknown[]);
    case 'map':
      return encodeMap(walk, source as Map<unknown, unknown>);
    case 'set':
      return encodeSet(walk, source as Set<unknown>);
    case 'leaf':
      return encodeLeaf(walk, source);
    case 'error':
      return encodeError(walk, source as Error);
    case 'instance':
      return encodeInstance(walk, source);
    case 'unknown':
      return refuse(walk, describeObject(source));
  }
}

function encodePlain(walk: EncodeWalk, source: object): Json {
  const node: JsonObject = {};
  const json = '$' in source ? { $: 'Object', v: node } : node;
  walk.nodes.set(source, json);
  encodeFields(walk, source, node);
  return json;
}

function encodeFields(walk: EncodeWalk, source: object, node: JsonObject): void {
  for (const key of Object.keys(source)) put(node, key, encodeMember(walk, source, key));
}

function encodeArray(walk: EncodeWalk, source: readonly unknown[]): Json {
  const node: Json[] = [];
  walk.nodes.set(source, node);
  encodeItems(walk, source, node);
  return node;
}

function encodeItems(walk: EncodeWalk, source: readonly unknown[], node: Json[]): void {
  for (let i = 0; i < source.length; i++) node.push(encodeMember(walk, source, i));
}

function encodeMember(walk: EncodeWalk, source: object, key: string | number): Json {
  walk.path.push(key);
  const json = encodeValue(walk, read(walk, source, key));
  walk.path.pop();
  return json;
}

function encodeMap(walk: EncodeWalk, source: Map<unknown, unknown>): Json {
  const keys = [...source.keys()];
  const values = [...source.values()];
  const entries: Json[] = [];
  const node = { $: 'Map', v: entries };
  walk.nodes.set(source, node);
  const jsonKeys = encodeWithin(walk, MAP_KEYS, keys, []);
  const jsonValues = encodeWithin(walk, VALUES, values, []);
  jsonKeys.forEach((key, i) => {
    entries.push([key, jsonValues[i] as Json]);
  });
  return node;
}

function encodeSet(walk: EncodeWalk, source: Set<unknown>): Json {
  const values = [...source];
  const items: Json[] = [];
  const node = { $: 'Set', v: items };
  walk.nodes.set(source, node);
  encodeWithin(walk, VALUES, values, items);
  return node;
}

function encodeWithin(walk: EncodeWalk, segment: Segment, source: unknown[], node: Json[]): Json[] {
  walk.path.push(segment);
  encodeItems(walk, source, node);
  walk.path.pop();
  return node;
}

function encodeLeaf(walk: EncodeWalk, source: object): Json {
  const leaf = leafOf(source);
  const node = { $: leaf.tag, v: leaf.pack(source) };
  walk.nodes.set(source, node);
  return node;
}

function encodeError(walk: EncodeWalk, source: Error): Json {
  const { head, values, fields } = takeApart(source);
  const encoded: JsonObject = { ...head };
  const node = { $: 'Error', v: encoded };
  walk.nodes.set(source, node);
  const before = walk.lenient;
  walk.lenient = true;
  encodeFields(walk, values, encoded);
  const extra: JsonObject = {};
  encodeFields(walk, fields, extra);
  if (Object.keys(extra).length > 0) encoded.fields = extra;
  walk.lenient = before;
  return node;
}

function encodeInstance(walk: EncodeWalk, source: object): Json {
  const { name, custom } = classOfPrototype(Object.getPrototypeOf(source)) as RegisteredClass;
  const data = custom?.encode(source);
  const node: JsonObject = { $: 'class', name, v: null };
  walk.nodes.set(source, node);
  if (custom) {
    walk.open.push(source);
    walk.path.push(INSIDE);
    node.v = encodeValue(walk, data);
    walk.path.pop();
    walk.open.pop();
  } else {
    const fields: JsonObject = {};
    encodeFields(walk, source, fields);
    node.v = fields;
  }
  return node;
}
