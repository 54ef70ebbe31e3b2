import { describe, expect, test } from 'vitest';
import { encodeError } from '../../src/core/error-codec.ts';
import { PyWorkflowError, WorkflowTimeoutError } from '../../src/core/errors.ts';
import type { EventData, EventType, WorkflowEvent } from '../../src/core/event.ts';
import { checkHistory } from '../../src/engine/check-history.ts';
import { patched } from '../../src/primitives/patched.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { type Body, LiveRun, RUN_ID } from './live-run.ts';
import { a, b, c } from './steps.ts';

const check = (fn: Body, events: readonly WorkflowEvent[]) =>
  checkHistory({ name: 'subject', fn, input: undefined }, events, { runId: RUN_ID });

const order = async () => {
  const first = await a();
  await sleep(1);
  return [first, await b()];
};

async function played(fn: Body = order, upTo = 3): Promise<WorkflowEvent[]> {
  const run = await LiveRun.start(fn);
  const steps = [() => run.complete('step_a_1', 1), () => run.wake('sleep_1')];
  for (const step of [...steps, () => run.complete('step_b_1', 2)].slice(0, upTo)) await step();
  return run.history;
}

function closed<T extends EventType>(
  events: readonly WorkflowEvent[],
  ...more: { type: T; data: unknown }[]
): WorkflowEvent[] {
  const added = more.map(({ type, data }, index) => {
    const position = { sequence: events.length + index + 1, timestamp: 0 };
    return { ...position, type, data: data as EventData[T] } as unknown as WorkflowEvent;
  });
  return [...events, ...added];
}

describe('the code that made it', () => {
  test.each([0, 1, 2, 3])('fits at every point (%i)', async (upTo) => {
    const events = await played(order, upTo);
    const before = JSON.stringify(events);
    expect(await check(order, events)).toEqual({ kind: 'ok' });
    expect(JSON.stringify(events)).toBe(before);
  });

  test('fits when it failed, was cancelled, or has ended as another run', async () => {
    const failed = await LiveRun.start(order);
    await failed.fail('step_a_1', new Error('no'));
    const cancelled = await LiveRun.start(order);
    await cancelled.cancel('stop');
    for (const { history } of [failed, cancelled]) {
      expect(history.at(-1)?.type).toMatch(/^workflow\.(failed|cancelled)$/);
      expect(await check(order, history)).toEqual({ kind: 'ok' });
    }
  });
});

describe('changed code', () => {
  const from = (call: () => unknown) => async () => {
    await a();
    await call();
    return b();
  };

  test('that asks for something else: both sides, the position and the line', async () => {
    const verdict = await check(
      from(() => c()),
      await played(),
    );
    expect(verdict).toEqual({
      kind: 'divergence',
      divergence: {
        sequence: 4,
        recorded: 'sleep (sleep_1)',
        requested: "step 'c' (step_c_1)",
        source: expect.stringMatching(/check-history\.test\.ts:\d+:\d+$/),
      },
    });
  });

  test('that asks for more after the end, or ends before it', async () => {
    const events = await played();
    const more = async () => {
      const result = await order();
      await c();
      return result;
    };
    expect(await check(more, events)).toMatchObject({
      kind: 'divergence',
      divergence: {
        sequence: 8,
        recorded: 'workflow.completed (event 8)',
        requested: "step 'c' (step_c_1)",
      },
    });
    const less = async () => {
      await a();
    };
    expect(await check(less, events)).toMatchObject({
      kind: 'divergence',
      divergence: { sequence: 4, requested: 'the end of the workflow (completed)' },
    });
  });

  test('that ends in another way, or not at all', async () => {
    const events = await played();
    const throws = async () => {
      await order();
      throw new Error('now it does');
    };
    const recorded = 'workflow.completed (event 8)';
    expect(await check(throws, events)).toEqual({
      kind: 'divergence',
      divergence: {
        sequence: 8,
        recorded,
        requested: 'the end of the workflow (failed)',
        source: null,
      },
    });
    const waits = async () => {
      const late = a();
      await late;
      await sleep(1);
      await b();
      await Promise.race([new Promise(() => {}), shield(async () => new Promise(() => {}))]);
    };
    expect((await check(waits, events)).kind).toBe('stuck');
  });

  test('that comes to another result is told apart', async () => {
    const other = async () => [...(await order()), new Date(0)];
    expect(await check(other, await played())).toEqual({
      kind: 'other_result',
      sequence: 8,
      recorded: [1, 2],
      replayed: [1, 2, { $: 'Date', v: '1970-01-01T00:00:00.000Z' }],
    });
  });

  test('under a patch fits finished histories of the old way, and open ones', async () => {
    const changed = async () => {
      const result = await order();
      if (patched('more')) await c();
      return result;
    };
    for (const upTo of [0, 1, 2, 3]) {
      expect(await check(changed, await played(order, upTo))).toEqual({ kind: 'ok' });
    }
  });

  test('that waits for something foreign is stuck', async () => {
    const foreign = async () => {
      await a();
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const verdict = await check(foreign, await played(order, 0));
    expect(verdict).toEqual({ kind: 'ok' });
    const later = (await played(order, 1)).slice(0, 3);
    expect(await check(foreign, later)).toMatchObject({
      kind: 'stuck',
      awaiting: [expect.stringContaining('setTimeout() at')],
    });
  });
});

describe('ended by the engine', () => {
  const failure = (error: Error) => ({
    type: 'workflow.failed' as const,
    data: { error: encodeError(error), error_type: error.name },
  });

  test.each([
    new WorkflowTimeoutError(RUN_ID, 5),
    new PyWorkflowError('RUN_FAILED', 'Exceeded max recovery attempts'),
  ])('%s: the code was still waiting', async (error) => {
    const events = closed(await played(order, 1), failure(error));
    expect(await check(order, events)).toEqual({ kind: 'ok' });
    const shorter = async () => void (await a());
    expect((await check(shorter, events)).kind).toBe('divergence');
  });

  test('a failure of the code’s own is not', async () => {
    const events = closed(await played(order, 1), failure(new Error('own')));
    expect(await check(order, events)).toMatchObject({
      kind: 'divergence',
      divergence: { recorded: 'workflow.failed (event 5)', requested: 'nothing' },
    });
  });

  const requested = { reason: null, requested_by: 'x', requested_at: '' };
  const ended = { reason: null, cancelled_at: '' };
  const cancel = { type: 'cancellation.requested' as const, data: requested };
  const over = (cleanup_completed: boolean) => ({
    type: 'workflow.cancelled' as const,
    data: { ...ended, cleanup_completed },
  });

  test('terminated without a word to the code', async () => {
    const tidy = async () => {
      try {
        await order();
      } finally {
        await shield(() => c());
      }
    };
    const events = closed<EventType>(await played(tidy, 1), cancel, over(false));
    expect(await check(tidy, events)).toEqual({ kind: 'ok' });
    const told = closed<EventType>(await played(tidy, 1), cancel, over(true));
    expect((await check(tidy, told)).kind).toBe('divergence');
  });

  test('cancelled before its first line', async () => {
    const events = (await played(order, 0)).slice(0, 1);
    expect(await check(order, closed<EventType>(events, cancel, over(true)))).toEqual({
      kind: 'ok',
    });
  });
});

test('a history without a beginning is none', async () => {
  await expect(check(order, [])).rejects.toMatchObject({ code: 'HISTORY_CORRUPTED' });
});
