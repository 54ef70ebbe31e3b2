import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  CancellationError,
  FatalError,
  HookExpiredError,
  PyWorkflowError,
  type SerializationError,
  StepFailedError,
  ValidationError,
} from '../../src/core/errors.ts';
import { hookToken } from '../../src/core/id.ts';
import type { StepCommand } from '../../src/engine/command.ts';
import { quiesce } from '../../src/engine/quiesce.ts';
import { hook } from '../../src/primitives/hook.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import {
  getContext,
  hasContext,
  runInContext,
  type StepContext,
} from '../../src/workflow/context.ts';
import { defineHook } from '../../src/workflow/define-hook.ts';
import { step } from '../../src/workflow/define-step.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { Step } from '../../src/workflow/step-class.ts';
import { classDefinition, Workflow } from '../../src/workflow/workflow-class.ts';
import { type Body, EPOCH, LiveRun, newSession, RUN_ID, SECRET } from './live-run.ts';
import { a, b, c } from './steps.ts';

const completed = (result: unknown) => ({ kind: 'completed', result });

/** What a workflow reports about an error it has caught. */
const told = (error: unknown) => (error instanceof Error ? error.name : error);

let unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  unhandled = [];
  process.on('unhandledRejection', onUnhandled);
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

describe('outcomes', () => {
  test('a workflow without waits completes at once', async () => {
    const run = await LiveRun.start((input: { n: number }) => input.n + 1, { n: 1 });
    expect(run.outcome).toEqual(completed(2));
    expect(run.commands).toEqual([]);
  });

  test('without a result it completes with undefined', async () => {
    const run = await LiveRun.start(async () => {});
    expect(run.outcome).toEqual(completed({ $: 'undefined' }));
  });

  test('a synchronous throw and a rejection fail it', async () => {
    const sync = await LiveRun.start(() => {
      throw new TypeError('no');
    });
    const late = await LiveRun.start(async () => {
      await a();
      throw 'text';
    });
    await late.complete('step_a_1');
    expect(sync.outcome).toMatchObject({ kind: 'failed', error: { message: 'no' } });
    expect(late.outcome).toEqual({ kind: 'failed', error: 'text' });
  });

  test('input and results keep their types', async () => {
    const run = await LiveRun.start(
      async (input: Map<string, Date>) => {
        const set = (await a(input)) as Set<bigint>;
        return { date: input.get('x'), has: set.has(3n) };
      },
      new Map([['x', new Date(5)]]),
    );
    await run.complete('step_a_1', new Set([3n]));
    expect(run.outcome).toMatchObject({ kind: 'completed', result: { has: true } });
    await run.checkReplays();
  });

  test('an output that cannot be stored fails it with the path', async () => {
    const run = await LiveRun.start(async () => ({ list: [1, () => 2] }));
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'SERIALIZATION' } });
    expect(run.outcome?.kind === 'failed' && (run.outcome.error as SerializationError).path).toBe(
      'list[1]',
    );
  });

  test('what it asks for after its end is ignored', async () => {
    const run = await LiveRun.start(async () => {
      void (async () => {
        await a();
        await b();
      })();
      await c();
      return 'done';
    });
    await run.complete('step_c_1');
    expect(run.outcome).toEqual(completed('done'));
    await run.complete('step_a_1');
    expect(run.asked).toEqual([]);
    expect(run.violations).toBe(0);
  });
});

describe('steps', () => {
  test('a step asks once and goes on with its result', async () => {
    const run = await LiveRun.start(async (x) => [await a(x, 2), await b()], 1);
    expect(run.commands).toMatchObject([
      { kind: 'step', id: 'step_a_1', name: 'a', args: [1, 2], definition: { name: 'a' } },
    ]);
    await run.complete('step_a_1', 'A');
    expect(run.asked).toEqual(['step_b_1']);
    await run.complete('step_b_1', 'B');
    expect(run.outcome).toEqual(completed(['A', 'B']));
    await run.checkReplays();
  });

  test('the same step with the same arguments twice is two steps (inventory 11.1)', async () => {
    const run = await LiveRun.start(async () => [await a(1), await a(1)]);
    await run.complete('step_a_1', 'first');
    expect(run.asked).toEqual(['step_a_2']);
    await run.complete('step_a_2', 'second');
    expect(run.outcome).toEqual(completed(['first', 'second']));
  });

  test('occurrences are counted by name', async () => {
    const run = await LiveRun.start(() => Promise.all([a(), b(), a(), c(), b()]));
    expect(run.asked).toEqual(['step_a_1', 'step_b_1', 'step_a_2', 'step_c_1', 'step_b_2']);
  });

  test('a failed step arrives as StepFailedError with its cause', async () => {
    class CardError extends Error {
      override readonly name = 'CardError';
      readonly code = 'CARD_REFUSED';
      readonly limit = { amount: 12n };
    }
    let caught: unknown;
    const run = await LiveRun.start(async () => {
      await a().catch((error: unknown) => {
        caught = error;
      });
    });
    run.retry('step_a_1').later(1000).restart('step_a_1');
    await run.fail(
      'step_a_1',
      new CardError('refused', { cause: new FatalError('why', { at: 1 }) }),
    );
    expect(caught).toBeInstanceOf(StepFailedError);
    const { stepName, stepId, attempts, message, cause } = caught as StepFailedError;
    expect({ stepName, stepId, attempts }).toEqual({
      stepName: 'a',
      stepId: 'step_a_1',
      attempts: 2,
    });
    expect(message).toBe("Step 'a' failed after 2 attempts: refused");
    expect(cause).toMatchObject({
      name: 'CardError',
      code: 'CARD_REFUSED',
      limit: { amount: 12n },
    });
    const inner = (cause as Error).cause;
    expect(inner).toBeInstanceOf(FatalError);
    expect(inner).toMatchObject({ code: 'FATAL', message: 'why', metadata: { at: 1 } });
    await run.checkReplays();
  });

  test('a class of the standard library survives as the cause', async () => {
    const run = await LiveRun.start(() => a());
    await run.fail('step_a_1', new AggregateError([new RangeError('r')], 'both'));
    const { cause } = (run.outcome as { error: StepFailedError }).error;
    expect(cause).toBeInstanceOf(AggregateError);
    expect((cause as AggregateError).errors[0]).toBeInstanceOf(RangeError);
  });

  test('arguments that cannot be stored reject at the call, with the path', async () => {
    const caught: unknown[] = [];
    const run = await LiveRun.start(async () => {
      await a({ deep: [Symbol('x')] }).catch((error: unknown) => caught.push(error));
      return b();
    });
    expect(caught[0]).toMatchObject({ code: 'SERIALIZATION', path: '[0].deep[0]' });
    expect(run.asked).toEqual(['step_b_1']);
    await run.complete('step_b_1', 1);
    await run.checkReplays();
  });

  test('a call whose arguments cannot be stored takes no other call of that step for its own', async () => {
    const run = await LiveRun.start(async () => {
      const first = await a(() => {}).catch(told);
      const second = await a('good');
      return [first, second];
    });
    await run.complete(run.asked[0] as string, 'second');
    expect(run.outcome).toEqual(completed(['SerializationError', 'second']));
    await run.checkReplays();
  });

  test('arguments that cannot be stored, not awaited at once, do not end the process', async () => {
    const run = await LiveRun.start(async () => {
      const later = a(() => {});
      await b();
      return later.catch(told);
    });
    await run.complete('step_b_1');
    expect(run.outcome).toEqual(completed('SerializationError'));
  });

  test('arguments are taken as they are at the call', async () => {
    const run = await LiveRun.start(async () => {
      const order = { n: 1 };
      const first = a(order);
      order.n = 2;
      await first;
      return order;
    });
    expect(run.commands).toMatchObject([{ args: [{ n: 1 }] }]);
  });

  test('a call from a step runs inline', async () => {
    const inner = step({ name: 'inner' }, (n: number) => [n + 1, getContext().kind]);
    const outer = step({ name: 'outer' }, async () => inner(1));
    const run = await LiveRun.start(() => outer());
    const { definition } = run.commands[0] as { definition: { fn(): unknown } };
    const context = { kind: 'step' } as StepContext;
    expect(await runInContext(context, () => definition.fn())).toEqual([2, 'step']);
    expect(run.asked).toEqual(['step_outer_1']);
    expect(run.waiting).toEqual(['step_outer_1']);
  });
});

describe('identity', () => {
  test('ids are unique whatever the names', async () => {
    const names = [
      'a',
      'a_1',
      'a_1_1',
      '1',
      '_',
      '_1',
      'sleep',
      'step_a_1',
      '__proto__',
      'a.b/c:d-e',
    ];
    const steps = names.map((name) => step({ name }, (...args: unknown[]): unknown => args));
    const run = await LiveRun.start(() =>
      Promise.all([
        ...[...steps, ...steps, ...steps].map((call) => call()),
        ...[...names, ...names].map((name) => sleep(1, { name })),
        ...[...names, ...names].map((name) => hook(name)),
        ...[1, 2, 3].map(() => sleep(1)),
      ]),
    );
    expect(new Set(run.asked).size).toBe(names.length * 7 + 3);
    expect(run.waiting).toEqual(run.asked);
  });

  test.each(['a b', '', 'ä', 'x'.repeat(201), '-a', 'a\n', '\ud800'])(
    'hook and sleep refuse the name %j',
    async (name) => {
      const hooks = await LiveRun.start(async () => hook(name));
      const sleeps = await LiveRun.start(async () => sleep(1, { name }));
      for (const run of [hooks, sleeps]) {
        expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'VALIDATION' } });
        expect(run.commands).toEqual([]);
      }
      expect(() => defineHook(name)).toThrow(ValidationError);
      expect(() => step({ name }, () => {})).toThrow(ValidationError);
    },
  );
});

describe('sleep', () => {
  test.each([
    ['1h30m', 5_400_000],
    [0.25, 250],
    [{ minutes: 2 }, 120_000],
    ['PT90M', 5_400_000],
    [new Date(EPOCH + 17), 17],
    [new Date(EPOCH + 1000).toISOString(), 1000],
    ['2025-01-02T04:04:05.678+01:00', null],
    [new Date(EPOCH - 1), null],
    [0, null],
    ['0s', null],
  ] as const)('%j', async (until, durationMs) => {
    const run = await LiveRun.start(() => sleep(until as never));
    if (durationMs === null) return expect(run.outcome?.kind).toBe('completed');
    const resumeAt = EPOCH + durationMs;
    expect(run.commands).toEqual([
      { kind: 'sleep', id: 'sleep_1', name: null, durationMs, resumeAt },
    ]);
    await run.later(durationMs).wake('sleep_1');
    expect(run.outcome?.kind).toBe('completed');
    await run.checkReplays();
  });

  test('counts from the event before, and is counted by name', async () => {
    const run = await LiveRun.start(async () => {
      await a();
      await Promise.all([sleep(1, { name: 'nap' }), sleep(2), sleep(3, { name: 'nap' })]);
    });
    await run.later(500).complete('step_a_1');
    expect(run.asked).toEqual(['sleep_nap_1', 'sleep_1', 'sleep_nap_2']);
    expect(run.commands[0]).toMatchObject({ resumeAt: EPOCH + 1500 });
  });

  test.each([
    'soon',
    -1,
    {},
    new Date(Number.NaN),
    '2025-01-02',
    '2025-02-30T25:00:00Z',
    'Infinity',
  ])('refuses %j', async (until) => {
    const run = await LiveRun.start(async () => sleep(until as never));
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'VALIDATION' } });
  });

  test('a bad duration that is not awaited at once does not end the process', async () => {
    const run = await LiveRun.start(async () => {
      const later = sleep('soon');
      await a();
      return later.catch(told);
    });
    await run.complete('step_a_1');
    expect(run.outcome).toEqual(completed('ValidationError'));
  });

  test('the longest duration still ends at an instant that a Date can hold', async () => {
    const longest = { milliseconds: 8.64e15 };
    const run = await LiveRun.start(() =>
      Promise.race([sleep(longest), hook('x', { timeout: longest })]),
    );
    expect(run.commands).toMatchObject([{ resumeAt: 8.64e15 }, { expiresAt: 8.64e15 }]);
    expect(run.events).toHaveLength(3);
  });
});

describe('hooks', () => {
  test('the token is the same in every replay and known at once', async () => {
    const tokens = new Set<string>();
    const wait = async () => {
      const approval = hook<{ ok: boolean }>('approval');
      tokens.add(approval.token);
      await a(approval.token);
      return [approval.hookId, approval.name, await approval];
    };
    const run = await LiveRun.start(wait);
    const token = hookToken(RUN_ID, 'hook_approval_1', SECRET);
    expect(run.commands).toMatchObject([
      { kind: 'hook', id: 'hook_approval_1', token, expiresAt: null, schema: null },
      { args: [token] },
    ]);
    await run.receive('hook_approval_1', { ok: true });
    await run.complete('step_a_1');
    expect(run.outcome).toEqual(completed(['hook_approval_1', 'approval', { ok: true }]));
    await run.checkReplays();
    expect([...tokens]).toEqual([token]);
  });

  test('a payload that comes before the await is not lost', async () => {
    const run = await LiveRun.start(async () => {
      const first = hook('one');
      const second = hook('one');
      await a();
      return [await second, await first];
    });
    await run.receive('hook_one_2', 2);
    await run.receive('hook_one_1', 1);
    await run.complete('step_a_1');
    expect(run.outcome).toEqual(completed([2, 1]));
    await run.checkReplays();
  });

  test('onCreated is a step', async () => {
    const sent: string[] = [];
    const run = await LiveRun.start(() =>
      hook('x', { onCreated: (token) => [sent.push(token), () => 'is not kept'] }),
    );
    expect(run.commands).toMatchObject([
      { kind: 'hook', id: 'hook_x_1' },
      { kind: 'step', id: 'step_x.onCreated_1', args: [hookToken(RUN_ID, 'hook_x_1', SECRET)] },
    ]);
    const command = run.commands[1] as StepCommand;
    const args = command.args as never[];
    expect(await command.definition.fn(...args)).toBeUndefined();
    expect(sent).toEqual(args);
    await run.complete('step_x.onCreated_1');
    await run.receive('hook_x_1', 'hello');
    expect(run.outcome).toEqual(completed('hello'));
    await run.checkReplays();
  });

  test('an onCreated that fails rejects the hook', async () => {
    const run = await LiveRun.start(() => hook('x', { onCreated: () => {} }));
    await run.fail('step_x.onCreated_1', new Error('no mail'));
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'STEP_FAILED' } });
    await run.checkReplays();
  });

  test('one that expires rejects', async () => {
    const run = await LiveRun.start(async () => {
      try {
        await hook('x', { timeout: '1h' });
      } catch (error) {
        return [error instanceof HookExpiredError, (error as PyWorkflowError).code, await a()];
      }
    });
    expect(run.commands).toMatchObject([{ expiresAt: EPOCH + 3_600_000 }]);
    await run.later(3_600_000).expire('hook_x_1');
    await run.complete('step_a_1', 'on');
    expect(run.outcome).toEqual(completed([true, 'HOOK_EXPIRED', 'on']));
    await run.checkReplays();
  });

  test('defineHook names the hook and gives its schema', async () => {
    const approval = defineHook('sessionApproval', z.object({ ok: z.boolean() }));
    const run = await LiveRun.start(() => approval({ timeout: 5 }));
    expect(run.commands).toMatchObject([
      {
        id: 'hook_sessionApproval_1',
        expiresAt: EPOCH + 5000,
        schema: { type: 'object', properties: { ok: { type: 'boolean' } } },
      },
    ]);
  });

  test('race against a sleep: the loser may come later', async () => {
    const run = await LiveRun.start(async () => {
      const winner = await Promise.race([
        hook('x').then(() => 'hook'),
        sleep('1m').then(() => 'timeout'),
      ]);
      await a();
      return winner;
    });
    await run.wake('sleep_1');
    await run.receive('hook_x_1');
    await run.complete('step_a_1');
    expect(run.outcome).toEqual(completed('timeout'));
    await run.checkReplays();
  });
});

describe('combinators and control flow', () => {
  test('Promise.all gives the results by position, whatever the order of the ends', async () => {
    const run = await LiveRun.start(() => Promise.all([a(), b(), c()]));
    await run.complete('step_c_1', 'C');
    await run.complete('step_a_1', 'A');
    await run.complete('step_b_1', 'B');
    expect(run.outcome).toEqual(completed(['A', 'B', 'C']));
    await run.checkReplays();
  });

  test('Promise.all fails with the first failure; later ones are nobody’s', async () => {
    const run = await LiveRun.start(async () => {
      const failed = await Promise.all([a(), b(), c()]).catch(
        (error: StepFailedError) => error.stepName,
      );
      return [failed, await a()];
    });
    await run.fail('step_b_1', new Error('b'));
    expect(run.asked).toEqual(['step_a_2']);
    await run.fail('step_c_1', new Error('c'));
    await run.fail('step_a_1', new Error('a'));
    await run.complete('step_a_2', 'go on');
    expect(run.outcome).toEqual(completed(['b', 'go on']));
    await run.checkReplays();
  });

  test('Promise.race: who ended first in the history wins in every replay', async () => {
    const run = await LiveRun.start(async () => [await Promise.race([a(), b()]), await c()]);
    await run.complete('step_b_1', 'B');
    await run.fail('step_a_1', new Error('late'));
    await run.complete('step_c_1', 'C');
    expect(run.outcome).toEqual(completed(['B', 'C']));
    await run.checkReplays();
  });

  test('a losing branch that rejects later raises no unhandledRejection', async () => {
    const branch = async () => {
      await b();
      throw new Error('loser');
    };
    const run = await LiveRun.start(async () => {
      await Promise.race([a(), branch()]);
      await c();
    });
    await run.complete('step_a_1');
    await run.complete('step_b_1');
    await run.complete('step_c_1');
    expect(run.outcome?.kind).toBe('completed');
  });

  test('a step that fails before anybody awaits it', async () => {
    const run = await LiveRun.start(async () => {
      const early = a();
      await b();
      return early.catch(told);
    });
    await run.fail('step_a_1', new Error('early'));
    await run.complete('step_b_1');
    expect(run.outcome).toEqual(completed('StepFailedError'));
    await run.checkReplays();
  });

  test('Promise.allSettled and Promise.any', async () => {
    const run = await LiveRun.start(async () => {
      const settled = await Promise.allSettled([a(), b()]);
      const any = await Promise.any([a(), b()]);
      const none = await Promise.any([a(), b()]).catch((error: AggregateError) =>
        error.errors.map(told),
      );
      return [settled.map((one) => one.status), any, none];
    });
    await run.fail('step_b_1', new Error('b'));
    await run.complete('step_a_1');
    await run.fail('step_a_2', new Error('a'));
    await run.complete('step_b_2', 'B');
    await run.fail('step_b_3', new Error('b'));
    await run.fail('step_a_3', new Error('a'));
    expect(run.outcome).toEqual(
      completed([['fulfilled', 'rejected'], 'B', ['StepFailedError', 'StepFailedError']]),
    );
    await run.checkReplays();
  });

  test('loops, also over parallel branches of several steps', async () => {
    const branch = async (n: number) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (await a(i)) as number;
      return sum;
    };
    const run = await LiveRun.start(() => Promise.all([branch(2), branch(3), branch(1)]));
    expect(run.asked).toEqual(['step_a_1', 'step_a_2', 'step_a_3']);
    await run.complete('step_a_2', 10);
    expect(run.asked).toEqual(['step_a_4']);
    await run.complete('step_a_1', 1);
    await run.complete('step_a_3', 100);
    await run.complete('step_a_4', 10);
    await run.complete('step_a_5', 1);
    await run.complete('step_a_6', 10);
    expect(run.outcome).toEqual(completed([2, 30, 100]));
    await run.checkReplays();
  });

  test('try, catch and finally; finally never runs while the run waits (inventory 11.7)', async () => {
    const trace: string[] = [];
    const fn = async () => {
      try {
        trace.push('try');
        await a();
      } catch (error) {
        trace.push(`catch ${told(error)}`);
        await b();
      } finally {
        trace.push('finally');
        await c();
      }
      return 'end';
    };
    const run = await LiveRun.start(fn);
    expect(trace).toEqual(['try']);
    await run.fail('step_a_1', new Error('x'));
    await run.complete('step_b_1');
    expect(trace).toEqual(['try', 'catch StepFailedError', 'finally']);
    await run.complete('step_c_1');
    expect(run.outcome).toEqual(completed('end'));

    trace.length = 0;
    await run.checkPrefix(2);
    expect(trace).toEqual(['try']);
    await run.checkReplays();
  });

  test('async generators and many microtasks between two calls', async () => {
    async function* pages() {
      for (let page = 1; page <= 2; page++) yield (await a(page)) as string;
    }
    const run = await LiveRun.start(async () => {
      const all: string[] = [];
      for await (const page of pages()) {
        for (let i = 0; i < 500; i++) await null;
        await new Promise<void>((resolve) => process.nextTick(resolve));
        all.push(page);
      }
      return all;
    });
    await run.complete('step_a_1', 'one');
    expect(run.asked).toEqual(['step_a_2']);
    await run.complete('step_a_2', 'two');
    expect(run.outcome).toEqual(completed(['one', 'two']));
    await run.checkReplays();
  });

  test('deliveries for what nobody waits for change nothing', async () => {
    const run = await LiveRun.start(() => a());
    await run.wake('sleep_7');
    await run.receive('hook_x_1', 1);
    await run.complete('step_b_9', 1);
    expect([run.asked, run.outcome]).toEqual([[], null]);
    await run.complete('step_a_1', 1);
    expect(run.outcome).toEqual(completed(1));
  });
});

describe('cancellation', () => {
  test('rejects every pending wait, in order, and ends the run', async () => {
    const trace: string[] = [];
    const watch = (name: string, wait: PromiseLike<unknown>) =>
      wait.then(undefined, (error) => {
        trace.push(`${name} ${told(error)} ${error.reason}`);
        throw error;
      });
    const run = await LiveRun.start(() =>
      Promise.allSettled([watch('a', a()), watch('s', sleep(1)), watch('h', hook('h'))]).then(() =>
        b(),
      ),
    );
    await run.cancel('enough');
    expect(trace).toEqual([
      'a CancellationError enough',
      's CancellationError enough',
      'h CancellationError enough',
    ]);
    expect(run.asked).toEqual([]);
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'enough' });
    await run.checkReplays();
  });

  test('later primitives reject at once, and do not take part in the count', async () => {
    const caught: unknown[] = [];
    const run = await LiveRun.start(async () => {
      await a().catch(told);
      for (const call of [() => a(), () => sleep(1), () => hook('h'), () => new Later().run()]) {
        await call().then(undefined, (error: unknown) => caught.push(told(error)));
      }
      void b();
      void hook('h');
      getContext().checkCancellation();
    });
    await run.cancel();
    expect(caught).toEqual(Array(4).fill('CancellationError'));
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: null });
    expect(run.asked).toEqual([]);
    await run.checkReplays();
  });

  test('swallowing it and returning completes the run', async () => {
    const run = await LiveRun.start(() => a().catch(() => 'kept'));
    await run.cancel();
    expect(run.outcome).toEqual(completed('kept'));
    await run.checkReplays();
  });

  test('another error while cleaning up fails the run', async () => {
    const run = await LiveRun.start(() =>
      a().catch(() => {
        throw new Error('cleanup broke');
      }),
    );
    await run.cancel();
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { message: 'cleanup broke' } });
  });

  test('a CancellationError of the code’s own does not cancel a run nobody cancelled', async () => {
    const run = await LiveRun.start(() => {
      throw new CancellationError('mine');
    });
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'CANCELLED' } });
  });

  test('Promise.any over cancelled waits ends as cancelled', async () => {
    const run = await LiveRun.start(() => Promise.any([a(), b()]));
    await run.cancel('x');
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'x' });
    const mixed = await LiveRun.start(() => Promise.any([a(), b()]));
    await mixed.fail('step_a_1', new Error('own'));
    await mixed.cancel('x');
    expect(mixed.outcome?.kind).toBe('cancelled');
    const own = await LiveRun.start(() => Promise.any([a()]));
    await own.fail('step_a_1', new Error('own'));
    expect(own.outcome?.kind).toBe('failed');
  });

  test('a second request changes nothing', async () => {
    const run = await LiveRun.start(async () => {
      await shield(() => a());
      await b();
    });
    await run.cancel('first');
    await run.cancel('second');
    await run.complete('step_a_1', 'done');
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'first' });
    await run.checkReplays();
  });

  test('cleanup steps inside a shield run, also in catch and finally', async () => {
    const run = await LiveRun.start(async () => {
      try {
        await a();
      } finally {
        await shield(async () => {
          await b('undo');
          await sleep(1);
        });
      }
    });
    await run.cancel('stop');
    expect([run.asked, run.outcome]).toEqual([['step_b_1'], null]);
    await run.complete('step_b_1');
    expect(run.asked).toEqual(['sleep_1']);
    await run.wake('sleep_1');
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'stop' });
    await run.checkReplays();
  });

  test('a shield that is under way goes on, what comes after it does not', async () => {
    const run = await LiveRun.start(async () => {
      await shield(async () => {
        await a();
        await shield(() => b());
        getContext().checkCancellation();
        await c();
      });
      await a('unreached');
    });
    await run.cancel();
    await run.complete('step_a_1');
    await run.complete('step_b_1');
    expect(run.asked).toEqual(['step_c_1']);
    await run.complete('step_c_1');
    expect([run.asked, run.outcome?.kind]).toEqual([[], 'cancelled']);
    await run.checkReplays();
  });

  test('only what is inside is shielded', async () => {
    const run = await LiveRun.start(async () => {
      const [inside, outside] = await Promise.allSettled([shield(() => a()), b()]);
      return [inside.status, outside.status];
    });
    await run.cancel();
    expect(run.waiting).toEqual(['step_a_1']);
    await run.complete('step_a_1');
    expect(run.outcome).toEqual(completed(['fulfilled', 'rejected']));
    await run.checkReplays();
  });

  test('a wait made outside and awaited inside is not shielded', async () => {
    const run = await LiveRun.start(async () => {
      const outside = a();
      return shield(() => outside.catch(told));
    });
    await run.cancel();
    expect(run.outcome).toEqual(completed('CancellationError'));
  });

  test('a result that comes after the cancellation is nobody’s', async () => {
    const run = await LiveRun.start(() => a().catch(() => shield(() => b())));
    await run.cancel();
    await run.complete('step_a_1', 'late');
    expect(run.outcome).toBeNull();
    await run.complete('step_b_1', 'cleaned');
    expect(run.outcome).toEqual(completed('cleaned'));
    await run.checkReplays();
  });

  test('the signal fires, in the workflow’s own context', async () => {
    const seen: unknown[] = [];
    const run = await LiveRun.start(async () => {
      const context = getContext();
      context.signal.addEventListener('abort', () => {
        seen.push(context.signal.reason.reason, hasContext() && getContext().runId);
        void a();
      });
      await sleep(1);
    });
    await run.cancel('why');
    expect(seen).toEqual(['why', RUN_ID]);
    expect(run.asked).toEqual([]);
    await run.checkReplays();
  });

  test('a signal first read after the cancellation has fired already', async () => {
    let reason: unknown;
    const run = await LiveRun.start(async () => {
      await a().catch(told);
      reason = getContext().signal.reason;
    });
    await run.cancel('why');
    expect(reason).toMatchObject({ code: 'CANCELLED', reason: 'why' });
  });
});

describe('context', () => {
  test('tells who runs', async () => {
    const run = await LiveRun.start(async () => {
      const { kind, runId, workflowName, metadata } = getContext();
      return { has: hasContext(), kind, runId, workflowName, metadata };
    });
    const metadata = { team: 'blue' };
    expect(run.outcome).toEqual(
      completed({ has: true, kind: 'workflow', runId: RUN_ID, workflowName: 'subject', metadata }),
    );
    expect(hasContext()).toBe(false);
    expect(() => getContext()).toThrow(PyWorkflowError);
  });

  test('outside of workflows steps are functions, hooks an error', async () => {
    expect(await a(1)).toEqual([1]);
    expect(await shield(async () => 2)).toBe(2);
    expect(() => hook('x')).toThrow(/outside of workflows/);
    expect(() => runInContext({ kind: 'step' } as StepContext, () => hook('x'))).toThrow(
      /in a step/,
    );
  });

  test('survives awaits, callbacks of promises and shields', async () => {
    const run = await LiveRun.start(async () => {
      await a();
      const ids = [getContext().runId];
      await shield(async () => {
        await b();
        ids.push(getContext().runId);
      });
      await Promise.resolve().then(() => ids.push(getContext().runId));
      return new Set(ids).size;
    });
    await run.complete('step_a_1');
    await run.complete('step_b_1');
    expect(run.outcome).toEqual(completed(1));
  });

  test('a workflow called by a workflow is part of it', async () => {
    const inner = workflow({ name: 'sessionInner' }, async (n: number) => [n, await a(n)]);
    const run = await LiveRun.start(() => inner(4));
    await run.complete('step_a_1', 'A');
    expect(run.outcome).toEqual(completed([4, 'A']));
  });
});

class Later extends Step {
  override readonly name = 'later';
  execute() {
    return getContext().kind;
  }
}

describe('class forms', () => {
  class FetchUser extends Step {
    override readonly maxRetries = 5;
    override readonly timeout = '30s';
    calls = 0;
    async execute(id: string, deep = false) {
      this.calls++;
      return { id, deep, calls: this.calls, inner: await new Later().run() };
    }
  }

  test('a Step runs durably in a workflow, each attempt on a fresh instance', async () => {
    const run = await LiveRun.start(async () => {
      const user = await new FetchUser().run('u1');
      return [user.id, await new Later().run()];
    });
    expect(run.commands).toMatchObject([
      { id: 'step_FetchUser_1', args: ['u1'], definition: { maxRetries: 5, timeoutMs: 30_000 } },
    ]);
    const { definition } = run.commands[0] as { definition: { fn(...args: unknown[]): unknown } };
    const inStep = () => runInContext({ kind: 'step' } as StepContext, () => definition.fn('u1'));
    expect(await inStep()).toEqual({ id: 'u1', deep: false, calls: 1, inner: 'step' });
    expect(await inStep()).toMatchObject({ calls: 1 });
    await run.complete('step_FetchUser_1', { id: 'u1' });
    expect(run.asked).toEqual(['step_later_1']);
    await run.complete('step_later_1', 'ok');
    expect(run.outcome).toEqual(completed(['u1', 'ok']));
    await run.checkReplays();
  });

  test('outside of workflows it just runs', async () => {
    const instance = new FetchUser();
    expect(
      await runInContext({ kind: 'step' } as StepContext, () => instance.run('x', true)),
    ).toEqual({
      id: 'x',
      deep: true,
      calls: 1,
      inner: 'step',
    });
  });

  test('a Step whose constructor wants arguments is refused: attempts make their own instance', async () => {
    class Multiply extends Step {
      readonly factor: number;
      constructor(factor: number) {
        super();
        this.factor = factor;
      }
      execute(n: number) {
        return n * this.factor;
      }
    }
    expect(() => new Multiply(3).run(2)).toThrow(/constructor/);
  });

  test('a Workflow', async () => {
    class Greet extends Workflow {
      override readonly description = 'greets';
      readonly greeting = 'hi';
      async execute(input: { who: string }) {
        return [this.greeting, await a(input.who)];
      }
    }
    const definition = classDefinition(Greet);
    expect(definition).toMatchObject({ name: 'Greet', description: 'greets' });
    expect(classDefinition(Greet)).toBe(definition);
    const run = await LiveRun.start(definition.fn as Body, { who: 'you' });
    await run.complete('step_a_1', 'A');
    expect(run.outcome).toEqual(completed(['hi', 'A']));
    await run.checkReplays();
  });
});

test('50,000 abandoned sessions are collected', { timeout: 60_000 }, async () => {
  const wait = async () => {
    getContext().signal.addEventListener('abort', () => {});
    await Promise.race([a(), sleep(1), hook('h'), shield(() => b())]);
  };
  const data = { workflow_name: 'w', input: null, metadata: {}, secret: SECRET };
  const begin = async (count: number) => {
    for (let i = 0; i < count; i += 100) {
      for (let j = 0; j < 100; j++) {
        const started = { type: 'workflow.started', sequence: 1, timestamp: EPOCH, data } as const;
        newSession(wait, undefined, `run_${i + j}`).deliver(started);
      }
      await quiesce({ onlyPrimitives: true });
    }
  };
  await begin(5000);
  const before = usedHeap();
  await begin(50_000);
  // One that is kept costs some kilobytes.
  expect((usedHeap() - before) / 50_000).toBeLessThan(50);
});

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
