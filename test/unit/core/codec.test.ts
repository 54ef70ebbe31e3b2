import { inspect } from 'node:util';
import vm from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decode, encode, registerClass } from '../../../src/core/codec.ts';
import { SerializationError } from '../../../src/core/errors.ts';
import type { Json } from '../../../src/core/json.ts';

/** What a value is after a store wrote it as text and read it again. */
function roundTrip<T>(value: T): T {
  return decode(JSON.parse(JSON.stringify(encode(value)))) as T;
}

function failure(run: () => unknown): SerializationError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SerializationError);
    return error as SerializationError;
  }
  throw new Error('it did not fail');
}

const atom = fc.oneof(
  fc.constantFrom(undefined, null, Number.NaN, -0, 0, Infinity, -Infinity, '', '$', 1e308, 5e-324),
  fc.boolean(),
  fc.string({ unit: 'grapheme' }),
  fc.double(),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 3 }),
  fc.constantFrom(/a\/b[/]/giu, /(?<x>\n)/s),
);

const key = fc.oneof(
  fc.constantFrom('$', 'v', '__proto__', 'constructor', 'prototype', 'toString', 'a/b', 'm~n', ''),
  fc.string({ maxLength: 4 }),
);

const tree = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atom,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((e) => new Map(e)),
    fc.array(tie('tree'), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).tree;

/** Objects that refer to each other at random: repeated references, cycles, cycles through Maps. */
const graph = fc
  .record({
    kinds: fc.array(fc.constantFrom('object', 'array', 'map', 'set'), {
      minLength: 1,
      maxLength: 8,
    }),
    edges: fc.array(fc.tuple(fc.nat(7), key, fc.nat(7)), { maxLength: 24 }),
  })
  .map(({ kinds, edges }) => {
    const nodes = kinds.map((kind) =>
      kind === 'array' ? [] : kind === 'map' ? new Map() : kind === 'set' ? new Set() : {},
    );
    for (const [from, name, to] of edges) {
      const source = nodes[from % nodes.length];
      const target = nodes[to % nodes.length];
      if (Array.isArray(source)) source.push(target as never);
      else if (source instanceof Map) source.set(target, source.size).set(name, target);
      else if (source instanceof Set) source.add(target);
      else {
        const how = { value: target, enumerable: true, writable: true, configurable: true };
        Object.defineProperty(source, name, how);
      }
    }
    return nodes;
  });

/** Names every object by its order of discovery, so that equal texts mean equal shape and identity. */
function shape(value: unknown): string {
  const seen = new Map<object, number>();
  const visit = (v: unknown): unknown => {
    if (typeof v !== 'object' || v === null) return inspect(v, { maxStringLength: null });
    const before = seen.get(v);
    if (before !== undefined) return `#${before}`;
    seen.set(v, seen.size);
    if (Array.isArray(v)) return ['array', ...v.map(visit)];
    if (v instanceof Map) return ['map', ...[...v].map(([k, x]) => [visit(k), visit(x)])];
    if (v instanceof Set) return ['set', ...[...v].map(visit)];
    if (Object.getPrototypeOf(v) !== Object.prototype) return inspect(v, { maxArrayLength: null });
    return ['object', ...Object.entries(v).map(([k, x]) => [k, visit(x)])];
  };
  return JSON.stringify(visit(value));
}

describe('what is stored', () => {
  it.each([
    [
      { orderId: 'ORD-1', lines: [1, null, true, 'x'] },
      '{"orderId":"ORD-1","lines":[1,null,true,"x"]}',
    ],
    [undefined, '{"$":"undefined"}'],
    [-0, '{"$":"number","v":"-0"}'],
    [Number.NaN, '{"$":"number","v":"NaN"}'],
    [12n, '{"$":"bigint","v":"12"}'],
    [new Date(0), '{"$":"Date","v":"1970-01-01T00:00:00.000Z"}'],
    [new Date(Number.NaN), '{"$":"Date","v":null}'],
    [new Map([['a', new Set([1])]]), '{"$":"Map","v":[["a",{"$":"Set","v":[1]}]]}'],
    [Buffer.from('hi'), '{"$":"Uint8Array","v":"aGk="}'],
    [new URL('https://x.test/?a=1'), '{"$":"URL","v":"https://x.test/?a=1"}'],
    [/a+/gi, '{"$":"RegExp","v":["a+","gi"]}'],
    [{ $: 'Date', v: 1 }, '{"$":"Object","v":{"$":"Date","v":1}}'],
  ])('%#', (value, text) => {
    expect(JSON.stringify(encode(value))).toBe(text);
  });

  it('points from a repeated reference to its first place', () => {
    const shared = { x: 1 };
    const json = encode({ 'a/b': [shared], again: shared, map: new Map([['k', shared]]) });
    expect(json).toEqual({
      'a/b': [{ x: 1 }],
      again: { $: 'ref', v: '/a~1b/0' },
      map: { $: 'Map', v: [['k', { $: 'ref', v: '/a~1b/0' }]] },
    });
  });

  it('shares nothing with the value', () => {
    const value = { list: [{ x: 1 }] };
    const json = encode(value) as unknown as typeof value;
    value.list[0]!.x = 2;
    value.list.push({ x: 3 });
    expect(json).toEqual({ list: [{ x: 1 }] });
  });
});

describe('round trip', () => {
  test('any tree, with structuredClone as the oracle', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(shape(roundTrip(value))).toBe(shape(structuredClone(value)));
      }),
      { numRuns: 500 },
    );
  });

  test('any graph keeps its shape and identities', () => {
    fc.assert(
      fc.property(graph, (nodes) => {
        expect(shape(roundTrip(nodes))).toBe(shape(structuredClone(nodes)));
      }),
      { numRuns: 500 },
    );
  });

  test('also when a database has reordered the keys', () => {
    const reverse = (json: Json): Json => {
      if (typeof json !== 'object' || json === null) return json;
      if (Array.isArray(json)) return json.map(reverse);
      const entries = Object.entries(json).reverse();
      return Object.fromEntries(entries.map(([k, v]) => [k, reverse(v)]));
    };
    const keys = (value: object) => Object.keys(value).sort();
    const shared = new Set([1]);
    const value: { [key: string]: unknown } = { first: { shared }, second: [shared] };
    value.self = value;
    const back = decode(reverse(encode(value))) as typeof value & { second: Set<number>[] };
    expect(keys(back)).toEqual(keys(value));
    expect((back.first as { shared: unknown }).shared).toBe(back.second[0]);
    expect(back.self).toBe(back);
  });

  it('keeps every kind of bytes, without what surrounds them', () => {
    const all = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 250, 251, 252, 253, 254, 255, 0, 9]).buffer;
    const views: (new (
      buffer: ArrayBuffer,
      offset?: number,
      length?: number,
    ) => ArrayBufferView)[] = [Int8Array, Uint16Array, Float32Array, BigInt64Array, DataView];
    for (const View of views) {
      const part = new View(all, 8, 1);
      expect(roundTrip(part)).toStrictEqual(new View(all.slice(8, 8 + part.byteLength)));
    }
    expect(roundTrip(all)).toStrictEqual(all);
    const bytes = roundTrip(Buffer.from('ü'));
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(2);
  });

  it('makes holes undefined and ignores symbol keys', () => {
    // biome-ignore lint/suspicious/noSparseArray: it is what this is about
    expect(roundTrip([1, , 2])).toStrictEqual([1, undefined, 2]);
    expect(roundTrip({ [Symbol('x')]: 1, a: 1 })).toStrictEqual({ a: 1 });
  });

  it('takes objects of another realm and without prototype', () => {
    const foreign = vm.runInNewContext(
      '({ d: new Date(5), m: new Map([[1, [new Set([2])]]]), r: /x/g, b: new Uint8Array([7]) })',
    );
    expect(roundTrip(foreign)).toStrictEqual({
      d: new Date(5),
      m: new Map([[1, [new Set([2])]]]),
      r: /x/g,
      b: new Uint8Array([7]),
    });
    expect(roundTrip(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
  });

  it('takes a Date of a replaced global Date', () => {
    const RealDate = Date;
    class FakeDate extends Date {}
    try {
      globalThis.Date = FakeDate as DateConstructor;
      expect(encode(new Date(0))).toEqual({ $: 'Date', v: '1970-01-01T00:00:00.000Z' });
    } finally {
      globalThis.Date = RealDate;
    }
  });
});

class Money {
  readonly amount: number;
  readonly currency: string;
  #secret = true;
  constructor(amount: number, currency: string) {
    if (currency === undefined) throw new Error('the constructor ran without its arguments');
    this.amount = amount;
    this.currency = currency;
  }
  get hasSecret() {
    return this.#secret;
  }
}
class Pair {
  first: unknown;
  set second(_: unknown) {
    throw new Error('the setter ran');
  }
}
class Path {
  readonly parts: readonly unknown[];
  constructor(parts: readonly unknown[]) {
    this.parts = parts;
  }
}
class Unknown {}
class Tags extends Set<string> {}

describe('registered classes', () => {
  registerClass(Money);
  registerClass(Pair, { name: 'test.Pair' });
  registerClass(Path, {
    encode: (path) => path.parts,
    decode: (parts) => new Path(parts),
  });
  registerClass(Tags, { encode: (tags) => [...tags], decode: (list) => new Tags(list) });

  it('stores fields and puts them back without the constructor', () => {
    const money = new Money(5, 'EUR');
    expect(encode(money)).toEqual({
      $: 'class',
      name: 'Money',
      v: { amount: 5, currency: 'EUR' },
    });
    expect(roundTrip(money)).toBeInstanceOf(Money);
    expect(roundTrip({ money, same: money })).toMatchObject({ money: { amount: 5 } });
    expect(() => roundTrip(money).hasSecret).toThrow(TypeError);
  });

  it('keeps cycles through fields, runs no setter', () => {
    const pair = Object.defineProperty(new Pair(), 'second', { value: 2, enumerable: true });
    pair.first = { pair, $: 1 };
    const back = roundTrip(pair);
    expect(back).toBeInstanceOf(Pair);
    expect((back.first as { pair: Pair }).pair).toBe(back);
    expect(back).toHaveProperty('second', 2);
  });

  it('uses its own encode and decode, and keeps identity', () => {
    const path = new Path(['a', new Date(1)]);
    const back = roundTrip({ one: path, two: path, tags: new Tags(['x']) });
    expect(back.one).toStrictEqual(path);
    expect(back.two).toBe(back.one);
    expect(back.tags).toStrictEqual(new Tags(['x']));
  });

  it('keeps a cycle around an instance, refuses one through it', () => {
    const around: { path?: Path } = {};
    around.path = new Path([around]);
    const back = roundTrip(around);
    expect(back.path?.parts[0]).toBe(back);
    const parts: unknown[] = [];
    const through = new Path(parts);
    parts.push({ through });
    expect(failure(() => encode({ through })).message).toBe(
      "Cannot store a cycle through an instance with its own 'encode' at through[0].through",
    );
  });

  it.each<[unknown, object, string]>([
    [Date, {}, 'registerClass: Date is built in'],
    [class {}, {}, 'registerClass: the class has no name; give { name }'],
    [Unknown, { name: 'Money' }, "registerClass: another class is registered as 'Money'"],
    [class M extends Map {}, {}, "registerClass: 'M' extends Map and so needs encode and decode"],
    [Unknown, { encode: () => 1 }, "registerClass: 'Unknown' needs both encode and decode"],
    [
      class E extends Error {},
      { encode: () => 1, decode: () => new Error() },
      "registerClass: the error class 'E' takes no encode",
    ],
    [() => 1, {}, 'registerClass: this is not a class'],
  ])('refuses %o', (ctor, options, message) => {
    expect(() => registerClass(ctor as never, options as never)).toThrow(message);
  });

  it('may be registered again', () => {
    registerClass(Money);
    expect(roundTrip(new Money(1, 'X'))).toBeInstanceOf(Money);
  });
});

describe('what cannot be stored', () => {
  const order = (callback: unknown) => ({ order: { items: [1, 2, { callback }] } });
  const throwing = {
    get callback() {
      throw new Error('boom');
    },
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  it.each([
    [() => 1, 'Cannot store a function at the top level'],
    [order(() => 1), 'Cannot store a function at order.items[2].callback'],
    [order(Unknown), 'Cannot store the class Unknown at order.items[2].callback'],
    [order(Symbol('x')), 'Cannot store a symbol at order.items[2].callback'],
    [order(new Unknown()), 'Cannot store an instance of Unknown at order.items[2].callback'],
    [[new (class extends Array {})()], 'Cannot store an instance of an unnamed class at [0]'],
    [order(new WeakMap()), 'Cannot store an instance of WeakMap at order.items[2].callback'],
    [{ p: Promise.resolve() }, 'Cannot store a Promise (await it first) at p'],
    [{ n: new Number(1) }, 'Cannot store an instance of Number at n'],
    [{ 'a b': { '': Symbol() } }, 'Cannot store a symbol at ["a b"][""]'],
    [{ m: new Map([[1, { f: Symbol() }]]) }, 'Cannot store a symbol at m.values()[0].f'],
    [new Map([[Symbol(), 1]]), 'Cannot store a symbol at keys()[0]'],
    [new Set([1, Symbol()]), 'Cannot store a symbol at values()[1]'],
    [{ t: throwing }, 'Cannot store a value that cannot be read (boom) at t.callback'],
    [
      { proxy },
      "Cannot store a value that cannot be read (Cannot perform 'getPrototypeOf' on a proxy that has been revoked) at proxy",
    ],
    [new (class Tags2 extends Set {})(), 'Cannot store an instance of Tags2 at the top level'],
    [{ e: 10n ** 100_001n }, 'Cannot store a bigint of so many digits at e'],
    [
      Object.create(Date.prototype),
      /^Cannot store a value that cannot be read \(this is not a Date/,
    ],
  ])('%#', (value, message) => {
    const error = failure(() => encode(value));
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.code).toBe('SERIALIZATION');
  });

  it('tells the path', () => {
    expect(failure(() => encode(order(() => 1))).path).toBe('order.items[2].callback');
  });
});

describe('depth', () => {
  const nest = (levels: number, wrap: (inner: unknown) => unknown) => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = wrap(value);
    return value;
  };
  const wraps: [string, number, (inner: unknown) => unknown][] = [
    ['arrays', 1000, (x) => [x]],
    ['objects', 1000, (x) => ({ x })],
    ['escaped objects', 1000, (x) => ({ $: x })],
    ['maps', 500, (x) => new Map([[1, x]])],
    ['map keys', 500, (x) => new Map([[x, 1]])],
    ['sets', 500, (x) => new Set([x])],
    ['instances', 500, (x) => new Path([x])],
  ];

  it.each(wraps)('of %s up to %i', (_, limit, wrap) => {
    expect(shape(roundTrip(nest(limit, wrap)))).toBe(shape(nest(limit, wrap)));
    expect(failure(() => encode(nest(limit + 1, wrap))).message).toContain('over 1000 levels');
    expect(failure(() => encode(nest(100_000, wrap))).message).toContain('over 1000 levels');
  });

  it('of a stored tree', () => {
    for (const wrap of [(x: unknown) => [x], (v: unknown) => ({ $: 'Set', v: [v] })]) {
      const json = nest(100_000, wrap) as Json;
      expect(failure(() => decode(json)).message).toMatch(/^Cannot read a value nested over 1000/);
    }
    expect(failure(() => decode({ $: nest(100_000, (x) => [x]) as Json })).path).toBe('');
  });

  it('of references that lead forward', () => {
    const json = Array.from({ length: 5000 }, (_, i) => [{ $: 'ref', v: `/${i + 1}` }]);
    expect(failure(() => decode([...json, []])).message).toContain('over 1000 levels');
  });

  it('of an encode that never ends', () => {
    class Endless {}
    registerClass(Endless, { encode: () => new Endless(), decode: () => new Endless() });
    expect(failure(() => encode({ e: new Endless() })).path).toBe('e');
  });
});

describe('hostile documents', () => {
  it.each([
    [{ $: 'Nope', v: 1 }, "Cannot read a value of the unknown type 'Nope' at the top level"],
    [{ a: { $: 5 } }, 'Cannot read a value of the unknown type without a name at a'],
    [{ $: 'toString' }, "Cannot read a value of the unknown type 'toString' at the top level"],
    [[{ $: 'Date', v: 5 }], 'Cannot read a damaged Date (not text) at [0]'],
    [{ $: 'Date', v: 'x' }, /damaged Date/],
    [{ $: 'Date', v: '2026-02-30T00:00:00.000Z' }, /damaged Date \(not an ISO instant in UTC\)/],
    [{ $: 'bigint', v: '0x10' }, /damaged bigint \(not a whole number\)/],
    [{ $: 'bigint', v: '9'.repeat(1e6) }, /damaged bigint \(too many digits\)/],
    [{ $: 'number', v: '7' }, /damaged number/],
    [{ $: 'Map', v: {} }, /damaged Map \(not a list\)/],
    [{ $: 'Map', v: [[1]] }, /damaged Map \(not all pairs\)/],
    [{ $: 'Map', v: [{ length: 2 }] }, /damaged Map/],
    [{ $: 'Set', v: 'abc' }, /damaged Set/],
    [{ $: 'Object', v: [] }, /damaged Object/],
    [{ $: 'RegExp', v: ['(', ''] }, /damaged RegExp/],
    [{ $: 'RegExp', v: ['a', 'zz'] }, /damaged RegExp/],
    [{ $: 'RegExp', v: ['('.repeat(1e6), ''] }, /damaged RegExp/],
    [{ $: 'URL', v: 'nowhere' }, /damaged URL/],
    [{ $: 'Uint8Array', v: '%%' }, /damaged Uint8Array \(not base64\)/],
    [{ $: 'Uint8Array', v: -1 }, /damaged Uint8Array \(not text\)/],
    [{ $: 'Float64Array', v: 'aGk=' }, /damaged Float64Array/],
    [{ $: 'Error', v: { name: 1 } }, /damaged Error/],
    [{ $: 'Error', v: { name: 'E', message: '', fields: [] } }, /damaged Error/],
    [{ $: 'class', name: 'Ghost', v: {} }, /an instance of the unregistered class 'Ghost'/],
    [{ $: 'class', name: '__proto__' }, /unregistered class '__proto__'/],
    [{ $: 'class', name: 'Money', v: [] }, /damaged Money \(not an object\)/],
    [{ $: 'class', name: 'Path', v: { $: 'ref', v: '' } }, /an instance that contains itself/],
    [{ a: { $: 'ref', v: '/b' } }, 'Cannot read a damaged ref (it leads nowhere) at a'],
    [{ $: 'ref', v: '' }, /damaged ref/],
    [{ $: 'ref', v: {} }, /damaged ref/],
    [{ a: { $: 'ref', v: '/b' }, b: { $: 'ref', v: '/a' } }, /damaged ref/],
    [{ a: { $: 'ref', v: '/__proto__' } }, /damaged ref/],
    [{ a: { $: 'ref', v: '/constructor/prototype' } }, /damaged ref/],
    [{ a: [], b: { $: 'ref', v: '/a/length' } }, /damaged ref/],
    [{ a: [], b: { $: 'ref', v: 'a' } }, /damaged ref/],
  ])('%#', (json, message) => {
    const error = failure(() => decode(json as Json));
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.hint).toContain('registerClass()');
  });

  it('keeps dangerous keys as data', () => {
    const text =
      '{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}},"d":{"$":"Date","v":null}}';
    for (const json of [JSON.parse(text), JSON.parse(`[${text}, {"$":"Object","v":${text}}]`)]) {
      const back = decode(json);
      const object = (Array.isArray(back) ? back[1] : back) as object;
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect(Object.keys(object)).toEqual(['__proto__', 'constructor', 'd']);
      expect(JSON.parse(JSON.stringify(encode(back)))).toEqual(json[0] ? encode(back) : json);
    }
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test('never pollute, crash or hang (inventory 11.16)', () => {
    const names = [
      'Date',
      'Map',
      'Set',
      'Error',
      'Object',
      'class',
      'ref',
      'RegExp',
      'URL',
      'bigint',
    ];
    const more = [
      'number',
      'undefined',
      'Float64Array',
      'ArrayBuffer',
      '__proto__',
      'Money',
      'Path',
    ];
    const word = fc.constantFrom(...names, ...more, '', '/a', '/v', '/v/0', '/0', 'TypeError', 'x');
    const name = fc.constantFrom('$', 'v', 'a', 'name', 'message', 'class', 'code', 'stack');
    const rare = fc.constantFrom(
      'cause',
      'errors',
      'fields',
      '__proto__',
      'constructor',
      'details',
    );
    const hostile = fc.letrec<{ any: Json }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.oneof(word, fc.constant(null), fc.double(), fc.boolean()) as fc.Arbitrary<Json>,
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(name, rare), tie('any'), { maxKeys: 6, noNullPrototype: true }),
        fc.record({ $: word, v: tie('any'), name: word }),
      ),
    })).any;
    const before = Reflect.ownKeys(Object.prototype);
    fc.assert(
      fc.property(hostile, (json) => {
        try {
          decode(JSON.parse(JSON.stringify(json)));
        } catch (error) {
          expect(error).toBeInstanceOf(SerializationError);
        }
        expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
      }),
      { numRuns: 3000 },
    );
  });
});
