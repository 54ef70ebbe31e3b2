import { defineHook, type Hook, hook, shield, sleep, type TypedHook } from 'pyworkflow';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

describe('sleep', () => {
  test('takes every form of a duration', () => {
    expectTypeOf(sleep('1h30m')).toEqualTypeOf<Promise<void>>();
    sleep(5);
    sleep({ hours: 2, minutes: 30 });
    sleep(new Date(), { name: 'nap' });
    // @ts-expect-error an unknown unit
    sleep({ fortnights: 1 });
    // @ts-expect-error nothing
    sleep();
    // @ts-expect-error no duration
    sleep(null);
  });
});

describe('hook', () => {
  test('gives the payload when awaited, and the token at once', () => {
    const approval = hook<{ ok: boolean }>('approval', { timeout: '1d' });
    expectTypeOf(approval).toEqualTypeOf<Hook<{ ok: boolean }>>();
    expectTypeOf(approval.token).toBeString();
    expectTypeOf<Awaited<typeof approval>>().toEqualTypeOf<{ ok: boolean }>();
    expectTypeOf<Awaited<ReturnType<typeof hook>>>().toBeUnknown();
    expectTypeOf(Promise.race([approval, sleep(1).then(() => 'late' as const)])).toEqualTypeOf<
      Promise<{ ok: boolean } | 'late'>
    >();
    expectTypeOf(Promise.all([approval, sleep(1)])).resolves.toEqualTypeOf<
      [{ ok: boolean }, void]
    >();
  });

  test('takes the payload from a schema', () => {
    const parsed = hook('n', { schema: z.string().transform(Number) });
    expectTypeOf<Awaited<typeof parsed>>().toEqualTypeOf<number>();
  });

  test('options', () => {
    hook('n', { onCreated: async (token) => expectTypeOf(token).toBeString() });
    // @ts-expect-error an unknown option
    hook('n', { expires: '1d' });
    // @ts-expect-error no name
    hook();
  });
});

describe('defineHook', () => {
  test('with a schema', () => {
    const approval = defineHook(
      'approval',
      z.object({ ok: z.boolean(), note: z.string().default('') }),
    );
    expectTypeOf(approval).toEqualTypeOf<TypedHook<{ ok: boolean; note: string }>>();
    expectTypeOf(approval.hookName).toBeString();
    const wait = approval({ timeout: '1h', onCreated: () => {} });
    expectTypeOf<Awaited<typeof wait>>().toEqualTypeOf<{ ok: boolean; note: string }>();
    // @ts-expect-error it has its schema
    approval({ schema: z.string() });
  });

  test('with a type alone, or none', () => {
    const typed = defineHook<{ ok: boolean }>('typed');
    expectTypeOf<Awaited<ReturnType<typeof typed>>>().toEqualTypeOf<{ ok: boolean }>();
    const untyped = defineHook('untyped');
    expectTypeOf<Awaited<ReturnType<typeof untyped>>>().toBeUnknown();
    // @ts-expect-error the schema gives something else
    defineHook<{ ok: boolean }>('wrong', z.string());
  });
});

describe('shield', () => {
  test('gives what its function gives', () => {
    expectTypeOf(shield(async () => 1)).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error no promise
    shield(() => 1);
  });
});
