import type { Json } from './json.ts';

/** A kind of object that holds no other values. */
export interface Leaf {
  readonly tag: string;
  pack(value: unknown): Json;
  /** Throws when the stored form is damaged. */
  unpack(stored: unknown): unknown;
}

/** Digits take more than linear time to read, so their number is limited both ways. */
export const MAX_BIGINT_LENGTH = 100_000;

// A workflow's Date may be replaced for determinism; stored instants must not notice.
const RealDate = Date;

const DATE = leaf<Date>('Date', {
  pack: (date) => (Number.isNaN(date.getTime()) ? null : date.toISOString()),
  unpack: (stored) => {
    if (stored === null) return new RealDate(Number.NaN);
    const date = new RealDate(text(stored));
    if (date.toISOString() !== stored) throw new Error('not an ISO instant in UTC');
    return date;
  },
});

const REG_EXP = leaf<RegExp>('RegExp', {
  pack: (regExp) => [regExp.source, regExp.flags],
  unpack: (stored) => {
    if (!Array.isArray(stored)) throw new Error('not a pair of source and flags');
    return new RegExp(text(stored[0]), text(stored[1]));
  },
});

const URL_LEAF = leaf<URL>('URL', {
  pack: (url) => url.href,
  unpack: (stored) => new URL(text(stored)),
});

const SPECIAL_NUMBERS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

const ARRAY_BUFFER = leaf<ArrayBuffer>('ArrayBuffer', {
  pack: (buffer) => Buffer.from(buffer).toString('base64'),
  unpack: bytes,
});

type View = new (buffer: ArrayBuffer) => ArrayBufferView;
const VIEWS: readonly View[] = [
  ...[Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView],
];

const VIEW_LEAVES = VIEWS.map((View) =>
  leaf<ArrayBufferView>(View.name, {
    pack: (v) =>
      Buffer.from(v.buffer as ArrayBuffer, v.byteOffset, v.byteLength).toString('base64'),
    unpack: (stored) => new View(bytes(stored)),
  }),
);

const LEAVES = [DATE, REG_EXP, URL_LEAF, ARRAY_BUFFER, ...VIEW_LEAVES];

export const LEAF_BY_TAG: ReadonlyMap<string, Leaf> = new Map(LEAVES.map((l) => [l.tag, l]));

export const LEAF_BY_PROTOTYPE: ReadonlyMap<object, Leaf> = new Map<object, Leaf>([
  [Date.prototype, DATE],
  [RegExp.prototype, REG_EXP],
  [URL.prototype, URL_LEAF],
  [ArrayBuffer.prototype, ARRAY_BUFFER],
  ...VIEWS.map((View, i): [object, Leaf] => [View.prototype as object, VIEW_LEAVES[i] as Leaf]),
  [Buffer.prototype, VIEW_LEAVES[0] as Leaf],
]);

/** @throws Error when the digits are no whole number */
export function readBigint(stored: unknown): bigint {
  const digits = text(stored);
  if (digits.length > MAX_BIGINT_LENGTH) throw new Error('too many digits');
  if (!/^-?\d+$/.test(digits)) throw new Error('not a whole number');
  return BigInt(digits);
}

/** @throws Error when it is a number that JSON has, or none */
export function readNumber(stored: unknown): number {
  const value = SPECIAL_NUMBERS.get(text(stored));
  if (value === undefined) throw new Error('not one of NaN, Infinity, -Infinity, -0');
  return value;
}

function leaf<T>(
  tag: string,
  how: { pack: (value: T) => Json; unpack: (stored: unknown) => T },
): Leaf {
  return { tag, pack: how.pack as (value: unknown) => Json, unpack: how.unpack };
}

function text(stored: unknown): string {
  if (typeof stored !== 'string') throw new Error('not text');
  return stored;
}

function bytes(stored: unknown): ArrayBuffer {
  const base64 = text(stored);
  const buffer = Buffer.from(base64, 'base64');
  if (buffer.toString('base64') !== base64) throw new Error('not base64');
  // Small buffers share one pool: what is handed out must own its memory.
  return new Uint8Array(buffer).buffer;
}
