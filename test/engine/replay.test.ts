import { describe, expect, test } from 'vitest';
import { registerClass } from '../../src/core/codec.ts';
import { encodeError } from '../../src/core/error-codec.ts';
import type { EventData, EventType, WorkflowEvent } from '../../src/core/event.ts';
import { hookToken } from '../../src/core/id.ts';
import { activate, replay } from '../../src/engine/replay.ts';
import { hook } from '../../src/primitives/hook.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { getContext, type WorkflowContext } from '../../src/workflow/context.ts';
import { type Body, copy, EPOCH, LiveRun, newSession, RUN_ID, SECRET } from './live-run.ts';
import { a, b, c } from './steps.ts';

type Written = { [T in EventType]: readonly [type: T, data: EventData[T], at?: number] }[EventType];

/** A history as a person writes it down: sequences and times are filled in. */
function written(...events: readonly Written[]): WorkflowEvent[] {
  let timestamp = EPOCH;
  return events.map(([type, data, at], index) => {
    timestamp = at ?? timestamp;
    return copy({ type, timestamp, sequence: index + 1, data }) as WorkflowEvent;
  });
}

const started = (input: never = null as never): Written => [
  'workflow.started',
  { workflow_name: 'subject', input, metadata: {}, secret: SECRET },
];
const stepStarted = (step_id: string, step_name: string, attempt = 1): Written => [
  'step.started',
  { step_id, step_name, args: [step_id], attempt },
];
const stepCompleted = (
  step_id: string,
  step_name: string,
  result: string,
  attempt = 1,
): Written => ['step.completed', { step_id, step_name, result, attempt }];
const stepFailed = (step_id: string, step_name: string, is_retryable: boolean): Written => [
  'step.failed',
  {
    step_id,
    step_name,
    error: encodeError(new TypeError('broken')),
    error_type: 'TypeError',
    is_retryable,
    attempt: 1,
  },
];
const stepRetrying = (step_id: string, resumeAt: number): Written => [
  'step.retrying',
  {
    step_id,
    attempt: 2,
    retry_after: 1,
    resume_at: new Date(resumeAt).toISOString(),
    error: 'broken',
    retry_strategy: 'fixed',
    max_retries: 3,
  },
];
const sleepStarted = (sleep_id: string, resumeAt: number): Written => [
  'sleep.started',
  { sleep_id, duration_seconds: 1, resume_at: new Date(resumeAt).toISOString(), name: null },
];
const interrupted: Written = [
  'workflow.interrupted',
  {
    reason: 'worker_lost',
    worker_id: 'w',
    last_event_sequence: 3,
    error: null,
    recovery_attempt: 1,
    recoverable: true,
  },
];

async function replayed(fn: Body, events: readonly WorkflowEvent[]) {
  const session = newSession(fn);
  const commands = await replay(session, events);
  return { session, commands, outcome: session.outcome };
}

describe('hand-written histories', () => {
  const order = async (id: string) => {
    const charged = await a(id);
    await sleep(1);
    try {
      return [charged, await b()];
    } catch (error) {
      return [charged, (error as Error).message, await c()];
    }
  };

  test('a fresh run', async () => {
    const { commands, outcome } = await replayed(order, written(started('o1' as never)));
    expect(outcome).toBeNull();
    expect(commands).toMatchObject([{ kind: 'step', id: 'step_a_1', args: ['o1'] }]);
  });

  test('in the middle of a step nothing new is asked for, and its arguments are the recorded ones', async () => {
    const events = written(started('o1' as never), stepStarted('step_a_1', 'a'));
    const { commands, session } = await replayed(order, events);
    expect(commands).toEqual([]);
    expect(session.pending.get('step_a_1')).toMatchObject({
      kind: 'step',
      fresh: false,
      step: { args: ['step_a_1'], attempt: 1, retryAt: null, running: null },
    });
  });

  test('asleep, then awake', async () => {
    const asleep = [
      started(),
      stepStarted('step_a_1', 'a'),
      stepCompleted('step_a_1', 'a', 'A'),
      sleepStarted('sleep_1', EPOCH + 1000),
    ];
    const { commands, session } = await replayed(order, written(...asleep));
    expect(commands).toEqual([]);
    expect([...session.pending.keys()]).toEqual(['sleep_1']);

    const awake = written(...asleep, ['sleep.completed', { sleep_id: 'sleep_1' }, EPOCH + 1000]);
    const next = await replayed(order, awake);
    expect(next.commands).toMatchObject([{ id: 'step_b_1' }]);
    expect(next.session.now).toBe(EPOCH + 1000);
  });

  test('to the end, through failures, retries and recoveries', async () => {
    const events = written(
      started(),
      stepStarted('step_a_1', 'a'),
      stepFailed('step_a_1', 'a', true),
      stepRetrying('step_a_1', EPOCH + 1000),
      stepStarted('step_a_1', 'a', 2),
      interrupted,
      stepStarted('step_a_1', 'a', 2),
      stepCompleted('step_a_1', 'a', 'A', 2),
      sleepStarted('sleep_1', EPOCH + 2000),
      interrupted,
      ['workflow.resumed', { requested_by: 'me' }],
      ['sleep.completed', { sleep_id: 'sleep_1' }],
      stepStarted('step_b_1', 'b'),
      stepFailed('step_b_1', 'b', false),
      stepStarted('step_c_1', 'c'),
      stepCompleted('step_c_1', 'c', 'C'),
      ['workflow.completed', { workflow_name: 'subject', result: null }],
    );
    const { commands, outcome } = await replayed(order, events);
    expect(commands).toEqual([]);
    const failure = "Step 'b' failed after 1 attempt: broken";
    expect(outcome).toEqual({ kind: 'completed', result: ['A', failure, 'C'] });
  });

  test('a step between two attempts', async () => {
    const events = [
      started(),
      stepStarted('step_a_1', 'a'),
      stepFailed('step_a_1', 'a', true),
      stepRetrying('step_a_1', EPOCH + 1000),
    ];
    const between = await replayed(order, written(...events));
    expect(between.session.pending.get('step_a_1')?.step).toMatchObject({
      attempt: 2,
      retryAt: EPOCH + 1000,
    });
    const second = await replayed(order, written(...events, stepStarted('step_a_1', 'a', 2)));
    expect(second.session.pending.get('step_a_1')?.step).toMatchObject({
      attempt: 2,
      retryAt: null,
    });
  });

  test('hooks, and the token in the history is the token in the code', async () => {
    const fn = async () => {
      const wait = hook('ok', { timeout: '1h' });
      return [wait.token, await wait];
    };
    const token = hookToken(RUN_ID, 'hook_ok_1', SECRET);
    const created: Written = [
      'hook.created',
      { hook_id: 'hook_ok_1', name: 'ok', token, url: '', expires_at: '2025-01-02T04:04:05.678Z' },
    ];
    const received: Written = ['hook.received', { hook_id: 'hook_ok_1', payload: { yes: true } }];
    const { outcome } = await replayed(fn, written(started(), created, received));
    expect(outcome).toEqual({ kind: 'completed', result: [token, { yes: true }] });
    const expired: Written = ['hook.expired', { hook_id: 'hook_ok_1', expired_at: '' }];
    const late = await replayed(fn, written(started(), created, expired, received));
    expect(late.outcome?.kind).not.toBe('completed');
  });

  test('cancellation, with the steps it called off', async () => {
    const events = written(
      started(),
      stepStarted('step_a_1', 'a'),
      ['cancellation.requested', { reason: 'r', requested_by: 'me', requested_at: '' }],
      ['step.cancelled', { step_id: 'step_a_1', step_name: 'a', reason: 'r', cancelled_at: '' }],
      ['workflow.cancelled', { reason: 'r', cleanup_completed: true, cancelled_at: '' }],
    );
    expect((await replayed(order, events)).outcome).toEqual({ kind: 'cancelled', reason: 'r' });
  });

  test('two deliveries in one commit are still delivered one after the other', async () => {
    const trace: string[] = [];
    const fn = () =>
      Promise.all(
        [a, b].map(async (call) => {
          const result = await call();
          for (let i = 0; i < 20; i++) await null;
          trace.push(`${result} ${getContext().kind}`);
          await c();
        }),
      );
    const events = written(
      started(),
      stepStarted('step_a_1', 'a'),
      stepStarted('step_b_1', 'b'),
      stepCompleted('step_b_1', 'b', 'B'),
      stepStarted('step_c_1', 'c'),
      stepCompleted('step_a_1', 'a', 'A'),
      stepStarted('step_c_2', 'c'),
    );
    const { outcome, session } = await replayed(fn, events);
    expect(outcome).toBeNull();
    expect(trace).toEqual(['B workflow', 'A workflow']);
    expect([...session.pending.keys()]).toEqual(['step_c_1', 'step_c_2']);
  });

  test('a replayed session goes on like one that was never away', async () => {
    const run = await LiveRun.start(order, 'o');
    await run.complete('step_a_1', 'A');
    await run.later(1000).wake('sleep_1');
    const { session } = await replayed(order, copy(run.events));
    const commands = await activate(session, {
      type: 'step.failed',
      sequence: run.events.length + 1,
      timestamp: EPOCH + 5000,
      data: {
        step_id: 'step_b_1',
        step_name: 'b',
        error: encodeError(new Error('x')),
        error_type: 'Error',
        is_retryable: false,
        attempt: 1,
      },
    });
    expect(commands).toMatchObject([{ id: 'step_c_1' }]);
  });

  test('arguments are no part of a call’s identity', async () => {
    const events = written(started('old' as never), stepStarted('step_a_1', 'a'));
    const changed = async () => a('entirely', { other: 'arguments' });
    const { outcome, session } = await replayed(changed, events);
    expect(outcome).toBeNull();
    expect(session.pending.get('step_a_1')?.step?.args).toEqual(['step_a_1']);
  });

  test('a history of thousands of events is replayed in order', async () => {
    const total = 2000;
    const fn = async () => {
      let sum = 0;
      for (let i = 0; i < total; i++) sum += ((await a(i)) as string).length;
      return sum;
    };
    const steps = Array.from({ length: total }, (_, i): Written[] => [
      stepStarted(`step_a_${i + 1}`, 'a'),
      stepCompleted(`step_a_${i + 1}`, 'a', 'xx'),
    ]);
    const { outcome } = await replayed(fn, written(started(), ...steps.flat()));
    expect(outcome).toEqual({ kind: 'completed', result: total * 2 });
  });
});

describe('isReplaying', () => {
  test('is true for what was done before, false for what is new', async () => {
    let trace: boolean[] = [];
    const fn = async () => {
      const context = getContext() as WorkflowContext;
      trace.push(context.isReplaying);
      await a();
      trace.push(context.isReplaying);
      await b();
      trace.push(context.isReplaying);
    };
    const run = await LiveRun.start(fn);
    await run.complete('step_a_1');
    expect(trace).toEqual([false, false]);

    trace = [];
    const { session } = await replayed(fn, copy(run.events));
    expect(trace).toEqual([true, true]);
    await activate(session, {
      type: 'step.completed',
      sequence: 5,
      timestamp: EPOCH,
      data: { step_id: 'step_b_1', step_name: 'b', result: null, attempt: 1 },
    });
    expect(trace).toEqual([true, true, false]);
  });

  test('a run that was only created has done nothing before', async () => {
    const fn = () => (getContext() as WorkflowContext).isReplaying;
    const { outcome } = await replayed(fn, written(started()));
    expect(outcome).toEqual({ kind: 'completed', result: false });
  });

  test('ends where the code asks for something new', async () => {
    const fn = async () => {
      const before = (getContext() as WorkflowContext).isReplaying;
      void a();
      void b();
      return [before, (getContext() as WorkflowContext).isReplaying];
    };
    const { outcome } = await replayed(fn, written(started(), stepStarted('step_a_1', 'a')));
    expect(outcome).toEqual({ kind: 'completed', result: [true, false] });
  });
});

describe('what cannot be read', () => {
  class Money {
    amount = 1;
  }

  test('parks the run and says which event; after the class is registered it goes on', async () => {
    const events = () => {
      const all = written(
        started(),
        stepStarted('step_a_1', 'a'),
        stepCompleted('step_a_1', 'a', ''),
        stepStarted('step_b_1', 'b'),
      );
      Object.assign(all[2]?.data as object, {
        result: { $: 'class', name: 'ReplayTestMoney', v: { amount: 5 } },
      });
      return all;
    };
    const fn = async () => {
      const money = (await a()) as Money;
      await b();
      return money.amount;
    };
    const { outcome } = await replayed(fn, events());
    expect(outcome).toMatchObject({
      kind: 'stuck',
      awaiting: [
        expect.stringMatching(/^the data of step\.completed \(event 3\), which cannot be read: /),
      ],
    });
    registerClass(Money, { name: 'ReplayTestMoney' });
    const next = await replayed(fn, events());
    expect([next.outcome, [...next.session.pending.keys()]]).toEqual([null, ['step_b_1']]);
  });

  test('an input that cannot be read parks the run before its code runs', async () => {
    let ran = false;
    const fn = () => {
      ran = true;
    };
    const events = written(started({ $: 'class', name: 'ReplayTestNobody', v: {} } as never));
    const { outcome } = await replayed(fn, events);
    expect(outcome?.kind).toBe('stuck');
    expect(ran).toBe(false);
  });
});
