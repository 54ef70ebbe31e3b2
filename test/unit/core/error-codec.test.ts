import vm from 'node:vm';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it, test } from 'vitest';
import { decode, encode, registerClass } from '../../../src/core/codec.ts';
import { decodeError, type EncodedError, encodeError } from '../../../src/core/error-codec.ts';
import * as errors from '../../../src/core/errors.ts';
import type { Json } from '../../../src/core/json.ts';

function roundTrip(thrown: unknown): Error & { readonly [key: string]: unknown } {
  return decodeError(JSON.parse(JSON.stringify(encodeError(thrown)))) as never;
}

class PaymentError extends Error {
  readonly reason: string;
  readonly at = new Date(5);
  constructor(reason: string) {
    if (reason === undefined) throw new Error('the constructor ran without its argument');
    super(`payment: ${reason}`);
    this.reason = reason;
  }
}
class InsufficientFunds extends errors.FatalError {
  readonly balance = 5n;
}

test('an encoded error is JSON', () => {
  expectTypeOf<EncodedError>().toExtend<Json>();
});

describe('what survives', () => {
  it('of a built-in error', () => {
    const cause = Object.assign(new RangeError('low'), { code: 'E_LOW', path: '/x' });
    const error = new TypeError('high', { cause });
    const back = roundTrip(error);
    expect(back).toBeInstanceOf(TypeError);
    expect(back).toMatchObject({ name: 'TypeError', message: 'high', stack: error.stack });
    expect(back.cause).toBeInstanceOf(RangeError);
    expect(back.cause).toMatchObject({ code: 'E_LOW', path: '/x', stack: cause.stack });
    expect(Object.keys(back)).toEqual([]);
    expect(Object.prototype.toString.call(back)).toBe('[object Error]');
  });

  it('in readable form', () => {
    const error = Object.assign(new Error('no'), { code: 404, url: 'x', name: 'HttpError' });
    error.stack = 'S';
    error.cause = 'why';
    expect(encodeError(error)).toEqual({
      name: 'HttpError',
      message: 'no',
      code: 404,
      stack: 'S',
      cause: 'why',
      fields: { url: 'x' },
    });
    expect(roundTrip(error)).toMatchObject({
      name: 'HttpError',
      code: 404,
      url: 'x',
      cause: 'why',
    });
  });

  it('of an AggregateError', () => {
    const inner = new TypeError('a');
    const back = roundTrip(
      new AggregateError([inner, 7, inner], 'all'),
    ) as unknown as AggregateError;
    expect(back).toBeInstanceOf(AggregateError);
    expect(back.errors).toEqual([inner, 7, inner]);
    expect(back.errors[2]).toBe(back.errors[0]);
  });

  it.each([
    new errors.FatalError('no', { a: [1] }),
    new errors.RetryableError('later', { retryAfter: new Date(9), cause: new Error('x') }),
    new errors.StepFailedError('pay', 'step_1', 3, new Error('x')),
    new errors.StepTimeoutError('pay', 5),
    new errors.CancellationError('why'),
    new errors.ValidationError('input', [{ path: 'a', message: 'b' }], 'hint'),
    new errors.WorkflowFailedError('run_1', 'failed', undefined),
    new errors.SerializationError('a function', 'a.b'),
    new errors.PyWorkflowError('STORE', 'base'),
  ])('of the package: $name', (error) => {
    const back = roundTrip(error) as unknown as errors.PyWorkflowError;
    expect(back).toBeInstanceOf(error.constructor);
    expect(errors.PyWorkflowError.is(back, error.code)).toBe(true);
    expect({ ...back, name: back.name }).toEqual({ ...error });
    expect(back.details).toEqual(error.details);
    expect(back.hint).toBe(error.hint);
    expect(back.message).toBe(error.message);
    expect(back.cause).toEqual(error.cause);
    expect(Object.keys(back)).not.toContain('details');
  });

  it('of a class nobody registered: its name, and its nearest base class', () => {
    const payment = roundTrip(new PaymentError('lost'));
    expect(payment).toMatchObject({ name: 'PaymentError', reason: 'lost', at: new Date(5) });
    expect(payment.constructor).toBe(Error);
    const funds = roundTrip(new InsufficientFunds('none'));
    expect(funds).toBeInstanceOf(errors.FatalError);
    expect(funds).toMatchObject({ name: 'InsufficientFunds', code: 'FATAL', balance: 5n });
    expect(roundTrip(new (class Odd extends TypeError {})('x'))).toBeInstanceOf(TypeError);
  });

  it('of a registered class, without its constructor', () => {
    class DeclinedError extends PaymentError {}
    registerClass(DeclinedError, { name: 'test.Declined' });
    const error = new DeclinedError('card');
    const back = roundTrip(error);
    expect(encodeError(error)).toMatchObject({ name: 'DeclinedError', class: 'test.Declined' });
    expect(back).toBeInstanceOf(DeclinedError);
    expect(back).toMatchObject({ reason: 'card', message: 'payment: card', stack: error.stack });
  });

  it('of errors that only look like others', () => {
    const error = Object.assign(new Error('x'), { name: 'FatalError' });
    expect(roundTrip(error)).not.toBeInstanceOf(errors.FatalError);
    expect(roundTrip(error).name).toBe('FatalError');
    const foreign: unknown = vm.runInNewContext('new RangeError("far")');
    expect(roundTrip(foreign)).toBeInstanceOf(RangeError);
    const abort = new DOMException('stop', 'AbortError');
    expect(roundTrip(abort)).toMatchObject({ name: 'AbortError', message: 'stop', code: 20 });
  });

  it('inside other values, with identity', () => {
    const error = new TypeError('x');
    const back = decode(encode({ error, list: [error] })) as { error: Error; list: Error[] };
    expect(back.error).toBeInstanceOf(TypeError);
    expect(back.list[0]).toBe(back.error);
  });

  it('of a thrown value that is no error', () => {
    expect(encodeError('boom')).toEqual({
      name: 'NonError',
      message: 'boom',
      stack: 'NonError: boom',
      cause: 'boom',
    });
    expect(roundTrip({ status: 1 })).toMatchObject({
      message: '{"status":1}',
      cause: { status: 1 },
    });
    expect(roundTrip({ message: 'm' }).message).toBe('m');
    expect(roundTrip(null)).toMatchObject({ message: 'null', cause: null });
    expect(roundTrip(undefined).message).toBe('undefined');
    expect(roundTrip(Symbol('s'))).toMatchObject({ message: 'Symbol(s)', cause: '[a symbol]' });
  });
});

describe('encoding never throws', () => {
  it('describes fields that cannot be stored', () => {
    const error = Object.assign(new Error('x'), {
      config: { adapter: () => 1, url: 'u' },
      socket: new WeakMap(),
      get bad() {
        return 1;
      },
    });
    Object.defineProperty(error, 'worse', {
      enumerable: true,
      get: () => (undefined as unknown as { x: 1 }).x,
    });
    expect(encodeError(error).fields).toEqual({
      config: { adapter: '[a function]', url: 'u' },
      socket: '[an instance of WeakMap]',
      bad: 1,
      worse: { $: 'undefined' },
    });
    expect(encode([error])).toHaveLength(1);
  });

  it('keeps cycles of causes, and ends endless chains', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    const back = roundTrip(error);
    expect((back.cause as Error).cause).toBe(back);
    let long = new Error('0');
    for (let i = 1; i < 5000; i++) long = new Error(String(i), { cause: long });
    let last: unknown = roundTrip(long);
    while (last instanceof Error) last = last.cause;
    expect(last).toBe('[a value nested over 1000 levels deep]');
    const endless = {
      get cause(): unknown {
        return Object.create(Error.prototype, Object.getOwnPropertyDescriptors(endless));
      },
    };
    expect(() => roundTrip(endless.cause)).not.toThrow();
  });

  it('whatever was thrown', () => {
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
    revoke();
    const hostile = Object.defineProperties(new Error('x'), {
      stack: { value: {} },
      message: {
        get: () => {
          throw new Error('no');
        },
      },
      name: { value: 5 },
      cause: { value: proxy },
      constructor: { value: null },
    });
    const noText = Object.assign(new Error(), { message: Object.create(null) });
    for (const thrown of [proxy, hostile, noText, Object.create(null), () => 1, { toJSON: 1n }]) {
      expect(typeof encodeError(thrown).message).toBe('string');
      expect(roundTrip(thrown)).toBeInstanceOf(Error);
    }
  });

  test('for anything', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (thrown) => {
        const error = Object.assign(new Error('x', { cause: thrown }), { extra: thrown });
        expect(roundTrip(error).message).toBe('x');
        expect(roundTrip(thrown)).toBeInstanceOf(Error);
      }),
    );
  });
});

describe('hostile stored errors', () => {
  it('do not reach the prototype or replace what errors are made of', () => {
    const text = `{"name":"FatalError","message":"m","code":"FATAL","class":"__proto__","fields":
      {"__proto__":{"x":1},"message":[],"stack":{},"name":1,"details":null,"hint":{},"toString":1}}`;
    for (const name of ['"class":"__proto__"', '"class":"FatalError"']) {
      const back = decodeError(JSON.parse(text.replace('"class":"__proto__"', name)));
      expect(back).toMatchObject({ name: 'FatalError', message: 'm', stack: 'FatalError: m' });
      expect(back instanceof errors.FatalError).toBe(name.includes('Fatal'));
      expect(({} as { x?: number }).x).toBeUndefined();
    }
  });

  it.each([
    [{}, 'Cannot read a damaged Error (without a name or message) at the top level'],
    [null, 'Cannot read a damaged Error (not an object) at the top level'],
    [{ name: 'E', message: 'm', cause: { $: 'Nope' } }, "of the unknown type 'Nope' at cause"],
  ])('%j', (encoded, message) => {
    expect(() => decodeError(encoded as unknown as EncodedError)).toThrow(message);
  });
});
