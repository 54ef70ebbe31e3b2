import { type Duration, getStep, type Json, Step, type StepFunction, step } from 'pyworkflow';
import { describe, expectTypeOf, test } from 'vitest';

describe('step()', () => {
  test('takes arguments and result from the function', () => {
    const charge = step({ name: 'charge' }, async (orderId: string, amount: number) => ({
      orderId,
      charged: amount,
    }));
    expectTypeOf(charge).toEqualTypeOf<
      StepFunction<[orderId: string, amount: number], { orderId: string; charged: number }>
    >();
    expectTypeOf(charge('o', 1)).resolves.toEqualTypeOf<{ orderId: string; charged: number }>();
    expectTypeOf(charge.stepName).toEqualTypeOf<string>();

    // @ts-expect-error too few arguments
    charge('o');
    // @ts-expect-error a wrong argument
    charge('o', '1');
    // @ts-expect-error too many arguments
    charge('o', 1, 2);
    // @ts-expect-error the result is a promise
    charge('o', 1).charged;
  });

  test('without options, and with a synchronous function', () => {
    const add = step(function add(x: number, y = 1) {
      return x + y;
    });
    expectTypeOf(add).parameters.toEqualTypeOf<[x: number, y?: number | undefined]>();
    expectTypeOf(add(1)).toEqualTypeOf<Promise<number>>();

    const greet = step({ name: 'greet' }, async (who = 'you') => who.length);
    expectTypeOf(greet).parameters.toEqualTypeOf<[who?: string | undefined]>();

    const nothing = step({ name: 'nothing' }, () => {});
    expectTypeOf(nothing()).resolves.toBeVoid();
    // @ts-expect-error takes nothing
    nothing(1);
  });

  test('rest arguments and unions', () => {
    const join = step(
      { name: 'join' },
      (first: 'a' | 'b', ...rest: number[]) => [first, rest] as const,
    );
    expectTypeOf(join).parameters.toEqualTypeOf<[first: 'a' | 'b', ...rest: number[]]>();
    expectTypeOf(join('a', 1, 2)).resolves.toEqualTypeOf<readonly ['a' | 'b', number[]]>();
    // @ts-expect-error not in the union
    join('c');
  });

  test('options', () => {
    step({ name: 'x', maxRetries: 2, retryDelay: 'fixed', jitter: true, timeout: '30s' }, () => 1);
    step(
      { name: 'x', retryDelay: ['1s', 5], timeout: { seconds: 1 }, metadata: { a: [1] } },
      () => 1,
    );
    step({ name: 'x', retryDelay: (attempt: number) => attempt * 2 }, () => 1);
    step({ forceLocal: true, queue: 'q', timeout: 5 }, function named() {});
    // @ts-expect-error an unknown option
    step({ name: 'x', maxRetrys: 2 }, () => 1);
    // @ts-expect-error of the wrong type
    step({ name: 'x', maxRetries: '2' }, () => 1);
    // @ts-expect-error no such strategy is not a duration either
    step({ name: 'x', retryDelay: true }, () => 1);
    // @ts-expect-error what cannot be stored
    step({ name: 'x', metadata: { at: () => 1 } }, () => 1);
    // @ts-expect-error no function
    step({ name: 'x' });
    expectTypeOf<Duration>().extract<string>().toBeString();
  });

  test('the registry knows no types', () => {
    expectTypeOf(getStep('x')).extract<undefined>().toBeUndefined();
    expectTypeOf<Json>().extract<null>().toBeNull();
  });
});

describe('the class form', () => {
  class FetchUser extends Step {
    override readonly maxRetries = 5;
    override readonly timeout = '30s';
    async execute(id: string, deep = false) {
      return { id, deep };
    }
  }
  class Count extends Step {
    execute(...values: number[]) {
      return values.length;
    }
  }

  test('run() takes what execute() takes and gives a promise of what it gives', () => {
    expectTypeOf(new FetchUser().run('x')).toEqualTypeOf<Promise<{ id: string; deep: boolean }>>();
    expectTypeOf(new FetchUser().run('x', true)).resolves.toHaveProperty('deep');
    expectTypeOf(new Count().run(1, 2)).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error a wrong argument
    new FetchUser().run(1);
    // @ts-expect-error too few
    new FetchUser().run();
    // @ts-expect-error too many
    new FetchUser().run('x', true, 1);
    // @ts-expect-error not a number
    new Count().run('1');
  });

  test('needs execute(), and options of the right type', () => {
    // @ts-expect-error no execute
    class Empty extends Step {}
    class Wrong extends Step {
      // @ts-expect-error not a number
      override readonly maxRetries = '5';
      execute() {}
    }
    expectTypeOf(Empty).not.toBeAny();
    expectTypeOf(Wrong).not.toBeAny();
    // @ts-expect-error abstract
    new Step();
  });
});
