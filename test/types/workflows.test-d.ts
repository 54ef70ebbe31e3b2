import {
  type Client,
  type RunHandle,
  type StartOptions,
  start,
  step,
  Workflow,
  type WorkflowFunction,
  workflow,
} from 'pyworkflow';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const client: Client;

describe('without a schema', () => {
  const greet = workflow({ name: 'greet' }, async (input: { who: string; times?: number }) =>
    input.who.repeat(input.times ?? 1),
  );

  test('input and output come from the function', () => {
    expectTypeOf(greet).toExtend<WorkflowFunction<{ who: string; times?: number }, string>>();
    expectTypeOf(greet({ who: 'x' })).toEqualTypeOf<Promise<string>>();
    expectTypeOf(start(greet, { who: 'x' })).resolves.toEqualTypeOf<RunHandle<string>>();
    expectTypeOf(client.start(greet, { who: 'x' })).resolves.toEqualTypeOf<RunHandle<string>>();
  });

  test('the handle’s result is the workflow’s', async () => {
    const handle = await start(greet, { who: 'x' });
    expectTypeOf(handle.result()).toEqualTypeOf<Promise<string>>();
    expectTypeOf(handle.result({ timeoutMs: 5 })).resolves.toBeString();
    expectTypeOf(handle.runId).toBeString();
  });

  test('a wrong input does not compile', () => {
    // @ts-expect-error missing
    start(greet);
    // @ts-expect-error of the wrong type
    start(greet, { who: 1 });
    // @ts-expect-error an unknown field
    start(greet, { who: 'x', what: 1 });
    // @ts-expect-error undefined is no input
    start(greet, undefined);
    // @ts-expect-error missing
    client.start(greet);
    // @ts-expect-error of the wrong type
    client.start(greet, 'x');
    // @ts-expect-error of the wrong type
    greet({ who: 1 });
  });

  test('options of start', () => {
    start(
      greet,
      { who: 'x' },
      { idempotencyKey: 'k', tags: ['a'], metadata: { a: 1 }, detach: true },
    );
    // @ts-expect-error an unknown option
    start(greet, { who: 'x' }, { key: 'k' });
    expectTypeOf(start<{ who: string }, string, { who: string }>)
      .parameter(2)
      .toEqualTypeOf<StartOptions | undefined>();
  });

  test('a wrong use of the result does not compile', async () => {
    const double = step({ name: 'double' }, (n: number) => n * 2);
    workflow({ name: 'w' }, async () => {
      const doubled = await double(2);
      expectTypeOf(doubled).toBeNumber();
      // @ts-expect-error a number has no length
      doubled.length;
    });
    // @ts-expect-error a string is no number
    (await (await start(greet, { who: 'x' })).result()) satisfies number;
  });

  test('any JSON-like input', () => {
    start(
      workflow({ name: 'w' }, (list: number[]) => list.length),
      [1],
    );
    start(
      workflow({ name: 'w' }, (_: string | null) => {}),
      null,
    );
    start(
      workflow({ name: 'w' }, (at: Date) => at),
      new Date(),
    );
    start(workflow({ name: 'w' }, (input?: number) => input));
    // @ts-expect-error no Date
    start(
      workflow({ name: 'w' }, (at: Date) => at),
      '2020-01-01',
    );
  });
});

describe('without input', () => {
  const tick = workflow({ name: 'tick' }, async () => 1 as const);
  const plain = workflow(async function plain() {});

  test('starts without arguments', () => {
    expectTypeOf(start(tick)).resolves.toEqualTypeOf<RunHandle<1>>();
    expectTypeOf(start(plain)).resolves.toEqualTypeOf<RunHandle<void>>();
    start(tick, undefined, { tags: ['x'] });
    tick();
    // @ts-expect-error it takes none
    start(tick, { a: 1 });
    // @ts-expect-error it takes none
    tick(1);
  });
});

describe('with a schema', () => {
  const schema = z.object({
    orderId: z.string(),
    amount: z.number().default(99),
    at: z.coerce.date(),
  });
  const order = workflow({ name: 'order', input: schema, maxDuration: '2d' }, async (input) => {
    expectTypeOf(input).toEqualTypeOf<{ orderId: string; amount: number; at: Date }>();
    return { ...input, ok: true };
  });

  test('the workflow receives what the schema makes of the input', async () => {
    const handle = await start(order, { orderId: 'o', at: '2020-01-01' });
    expectTypeOf(handle.result()).resolves.toEqualTypeOf<{
      ok: boolean;
      orderId: string;
      amount: number;
      at: Date;
    }>();
    start(order, { orderId: 'o', amount: 1, at: 5 });
  });

  test('start takes what goes into the schema', () => {
    // @ts-expect-error no order
    start(order, { at: 1 });
    // @ts-expect-error amount is a number
    start(order, { orderId: 'o', at: 1, amount: '1' });
    // @ts-expect-error missing
    start(order);
    // A direct call is the bare function: it takes what the schema gives.
    order({ orderId: 'o', amount: 1, at: new Date() });
    // @ts-expect-error the default is not filled in
    order({ orderId: 'o', at: new Date() });
  });

  test('a transform, and an optional input', () => {
    const parse = workflow({ name: 'parse', input: z.string().transform(Number) }, (n) => {
      expectTypeOf(n).toBeNumber();
      return n;
    });
    start(parse, '1');
    // @ts-expect-error a text goes in
    start(parse, 1);
    const maybe = workflow({ name: 'maybe', input: z.string().optional() }, (text) => text);
    start(maybe);
    start(maybe, 'x');
    // @ts-expect-error no text
    start(maybe, 1);
  });

  test('a function that wants something else than the schema gives does not compile', () => {
    // @ts-expect-error the schema gives a string
    workflow({ name: 'w', input: z.string() }, (n: number) => n);
  });

  test('options', () => {
    workflow(
      { name: 'w', tags: ['a'], metadata: { a: 1 }, description: 'd', durable: false },
      () => {},
    );
    workflow({ recoverOnWorkerLoss: false, maxRecoveryAttempts: 1 }, function named() {});
    // @ts-expect-error an unknown option
    workflow({ name: 'w', maxDurations: '1d' }, () => {});
    // @ts-expect-error not a schema
    workflow({ name: 'w', input: { type: 'object' } }, () => {});
    // @ts-expect-error no function
    workflow({ name: 'w' });
  });
});

describe('by name', () => {
  test('nothing is known', () => {
    expectTypeOf(start('order', { any: 'thing' })).resolves.toEqualTypeOf<RunHandle>();
    expectTypeOf(start('order')).resolves.toEqualTypeOf<RunHandle>();
  });
});

describe('the class form', () => {
  class Greet extends Workflow {
    override readonly description = 'greets';
    override readonly input = z.object({ who: z.string() });
    async execute(input: { who: string }) {
      return input.who.length;
    }
  }

  test('is started by its class', () => {
    start(Greet, { who: 'x' });
    client.start(Greet, { who: 'x' });
    // @ts-expect-error the class, not an instance
    start(new Greet(), { who: 'x' });
    // @ts-expect-error no execute
    class Empty extends Workflow {}
    start(Empty as never);
  });

  test('input and result are the class’s', () => {
    expectTypeOf(start(Greet, { who: 'x' })).resolves.toEqualTypeOf<RunHandle<number>>();
    // @ts-expect-error of the wrong type
    start(Greet, { who: 1 });
    // @ts-expect-error missing
    start(Greet);
  });
});
