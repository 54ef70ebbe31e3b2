import { describe, expect, it } from 'vitest';
import { FatalError, RetryableError, StepFailedError } from '../../../src/core/errors.ts';
import type { RetryDelay } from '../../../src/core/retry-policy.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { type StepOptions, step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { createManualClock } from './manual-clock.ts';
import { BACKENDS, errorOf, pause, story, until, useWorld } from './world.ts';

describe.each(BACKENDS)('retries on %s', (backend) => {
  const world = useWorld(backend);

  /** Runs a step that always fails and gives the waits between its attempts, in seconds. */
  async function waits(options: StepOptions, fail: (attempt: number) => unknown) {
    const clock = createManualClock();
    const times: number[] = [];
    const failing = step({ name: 'failing', ...options }, async () => {
      times.push(clock.now());
      throw fail(times.length);
    });
    const wf = workflow({ name: 'wf' }, () => failing());
    const client = await world.open({}, { clock });
    const run = await client.start(wf);
    const error = await clock.through(errorOf(run.result(), 20_000));
    const events = await client.runs.events(run.runId);
    const announced = events.flatMap((event) =>
      event.type === 'step.retrying' ? [event.data.retry_after] : [],
    );
    const real = times.slice(1).map((time, index) => (time - times[index]!) / 1000);
    expect(real).toEqual(announced);
    return { waits: announced, error, events, attempts: times.length };
  }

  it.each<[string, RetryDelay, number, number[]]>([
    ['exponential', 'exponential', 10, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]],
    ['fixed', 'fixed', 3, [1, 1, 1]],
    ['a duration', '1m30s', 2, [90, 90]],
    ['seconds', 0.25, 2, [0.25, 0.25]],
    ['none at all', 0, 5, [0, 0, 0, 0, 0]],
    ['a list', ['1s', 5, { minutes: 1 }], 5, [1, 5, 60, 60, 60]],
    ['a function', (attempt, error) => attempt * (error as Error).message.length, 3, [2, 4, 6]],
  ])('waits %s', async (_name, retryDelay, maxRetries, expected) => {
    const made = await waits({ retryDelay, maxRetries }, () => new Error('ab'));
    expect(made.waits).toEqual(expected);
    expect(made.attempts).toBe(maxRetries + 1);
  });

  it('records every attempt, and the workflow gets the last error', async () => {
    const made = await waits({ maxRetries: 1, retryDelay: 'fixed' }, (attempt) => {
      return Object.assign(new TypeError(`no ${attempt}`), { code: 'E_NO', extra: { a: 1 } });
    });
    expect(made.events.map(({ type, data }) => ({ type, data })).slice(1)).toEqual([
      { type: 'step.started', data: expect.objectContaining({ attempt: 1 }) },
      {
        type: 'step.failed',
        data: expect.objectContaining({
          step_id: 'step_failing_1',
          step_name: 'failing',
          error_type: 'TypeError',
          is_retryable: true,
          attempt: 1,
        }),
      },
      {
        type: 'step.retrying',
        data: {
          step_id: 'step_failing_1',
          attempt: 2,
          retry_after: 1,
          resume_at: expect.any(String),
          error: 'no 1',
          retry_strategy: 'fixed',
          max_retries: 1,
        },
      },
      { type: 'step.started', data: expect.objectContaining({ attempt: 2 }) },
      { type: 'step.failed', data: expect.objectContaining({ is_retryable: false, attempt: 2 }) },
      { type: 'workflow.failed', data: expect.objectContaining({ error_type: 'StepFailedError' }) },
    ]);
    const failed = made.error.cause as StepFailedError;
    expect(failed).toBeInstanceOf(StepFailedError);
    expect(failed).toMatchObject({ stepName: 'failing', stepId: 'step_failing_1', attempts: 2 });
    const cause = failed.cause as TypeError & { code: string; extra: unknown };
    expect(cause).toBeInstanceOf(TypeError);
    expect(cause).toMatchObject({ message: 'no 2', code: 'E_NO', extra: { a: 1 } });
    expect(cause.stack).toContain('retries.test.ts');
  });

  it('obeys retryAfter of a RetryableError, as a duration and as an instant', async () => {
    const made = await waits({ maxRetries: 3 }, (attempt) => {
      if (attempt === 1) return new RetryableError('later', { retryAfter: '10s' });
      if (attempt === 2) {
        return new RetryableError('then', { retryAfter: new Date(1_700_000_000_000 + 60_000) });
      }
      return new RetryableError('as usual');
    });
    expect(made.waits).toEqual([10, 50, 4]);
  });

  it('tries once with maxRetries 0, and never again after a FatalError', async () => {
    expect((await waits({ maxRetries: 0 }, () => new Error('x'))).attempts).toBe(1);
  });

  it('never retries a FatalError', async () => {
    const made = await waits({ maxRetries: 9 }, () => new FatalError('no', { why: 'card' }));
    expect(made.attempts).toBe(1);
    expect((made.error.cause as StepFailedError).cause).toMatchObject({
      name: 'FatalError',
      metadata: { why: 'card' },
    });
  });

  it('takes the default number of retries from the configuration', async () => {
    const clock = createManualClock();
    let attempts = 0;
    const failing = step({ name: 'failing' }, async () => {
      attempts++;
      throw new Error('x');
    });
    const wf = workflow({ name: 'wf' }, () => failing());
    const client = await world.open({ defaultRetries: 1 }, { clock });
    await clock.through(errorOf((await client.start(wf)).result()));
    expect(attempts).toBe(2);
  });

  it.each<[string, RetryDelay]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['gives no duration', () => 'soon' as never],
    ['gives a negative number', () => -1],
  ])('gives up on a step whose retryDelay %s', async (_name, retryDelay) => {
    const made = await waits({ maxRetries: 5, retryDelay }, () => new Error('original'));
    expect(made.attempts).toBe(1);
    expect((made.error.cause as Error).message).toContain('original');
  });

  it('counts a timeout as a retryable failure and fires the signal (inventory 11.9)', async () => {
    const reasons: unknown[] = [];
    const slow = step({ name: 'slow', timeout: '30ms', maxRetries: 1, retryDelay: 0 }, async () => {
      const { signal } = getContext();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(signal.reason);
      await pause(10);
      return 'too late';
    });
    const wf = workflow({ name: 'wf' }, () => slow());
    const client = await world.open();
    const run = await client.start(wf);
    const error = await errorOf(run.result());
    expect((error.cause as Error).cause).toMatchObject({ name: 'StepTimeoutError' });
    expect(reasons).toMatchObject([{ name: 'StepTimeoutError' }, { name: 'StepTimeoutError' }]);
    await pause(30);
    expect(await story(client, run.runId)).toEqual([
      'workflow.started',
      'step.started step_slow_1#1',
      'step.failed step_slow_1#1',
      'step.retrying step_slow_1#2',
      'step.started step_slow_1#2',
      'step.failed step_slow_1#2',
      'workflow.failed',
    ]);
  });

  it('gives a retry the arguments as they were, however an attempt has changed them', async () => {
    const seen: unknown[] = [];
    const greedy = step({ name: 'greedy', retryDelay: 0 }, async (cart: { items: string[] }) => {
      seen.push(structuredClone(cart));
      cart.items.length = 0;
      if (seen.length < 3) throw new Error('again');
      return cart;
    });
    const wf = workflow({ name: 'wf' }, async () => {
      const cart = { items: ['a', 'b'] };
      const result = await greedy(cart);
      return { cart, result };
    });
    const client = await world.open();
    expect(await (await client.start(wf)).result()).toEqual({
      cart: { items: ['a', 'b'] },
      result: { items: [] },
    });
    expect(seen).toEqual(Array(3).fill({ items: ['a', 'b'] }));
  });

  it('does not hold the run while a retry is due later', async () => {
    const failing = step({ name: 'failing', retryDelay: '1h' }, async () => {
      throw new Error('x');
    });
    const wf = workflow({ name: 'wf' }, () => failing());
    const client = await world.open();
    const worker = await client.startWorker();
    const run = await client.start(wf);
    await until(async () => (await run.status()) === 'suspended');
    expect(worker.activeRuns).toBe(0);
    const store = await world.openStore();
    const record = { name: 'x', host: 'h', pid: 1, processKey: null, startedAt: 0 };
    await store.registerWorker({ workerId: 'worker_x', expiresAt: Date.now() + 1e6, ...record });
    const claims = await store.claim({
      workerId: 'worker_x',
      now: Date.now() + 7_200_000,
      limit: 1,
      workflows: null,
      scope: 'all',
      runIds: [],
      deadWorkers: [],
    });
    expect(claims).toMatchObject([{ run: { runId: run.runId }, lostBy: null }]);
  });

  it('retries at once, within one millisecond, beside a step that keeps the run here', async () => {
    const clock = createManualClock();
    let attempts = 0;
    const eager = step({ name: 'eager', retryDelay: 0, maxRetries: 9 }, async () => {
      attempts++;
      if (attempts < 6) throw new Error('again');
      return attempts;
    });
    const long = step({ name: 'long' }, () => new Promise(() => {}));
    const wf = workflow({ name: 'wf' }, () => Promise.race([eager(), long()]));
    const client = await world.open({}, { clock });
    const run = await client.start(wf);
    expect(await clock.through(run.result())).toBe(6);
  });
});
