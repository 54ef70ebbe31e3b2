import { describe, expect, test } from 'vitest';
import {
  CancellationError,
  ChildWorkflowFailedError,
  continueAsNew,
  hook,
  patched,
  StepFailedError,
  shield,
  sleep,
  startChildWorkflow,
  step,
  workflow,
} from '../../src/index.ts';
import { createMockContext } from '../../src/testing.ts';
import '../../src/testing/vitest.ts';

const charge = step({ name: 'charge' }, async (cents: number): Promise<string> => `real ${cents}`);
const refund = step({ name: 'refund' }, async (): Promise<string> => 'refunded');

describe('createMockContext', () => {
  test('decorated steps go through it', async () => {
    const mock = createMockContext({ steps: { charge: (cents: number) => `mock ${cents}` } });
    const wf = workflow({ name: 'mocked' }, async (n: number) => {
      await sleep('90m');
      return [await charge(n), await refund()];
    });
    expect(await mock.run(wf, 5)).toEqual(['mock 5', 'refunded']);
    expect(mock.stepNames).toEqual(['charge', 'refund']);
    expect(mock.steps[0]?.args).toEqual([5]);
    expect(mock.stepCount).toBe(2);
    expect(mock.totalSleepMs).toBe(5_400_000);
    mock.assertStepCalled('charge', 1);
    mock.assertSlept('1h30m');
    expect(() => mock.assertStepCalled('charge', 2)).toThrow(/was called 1 times, not 2/);
    expect(() => mock.assertStepCalled('ship')).toThrow(/called were: charge, refund/);
    expect(() => mock.assertSlept('1h')).toThrow(/slept 1h 30m, not 1h/);
    mock.reset();
    expect([mock.stepCount, mock.totalSleepMs, mock.hooks]).toEqual([0, 0, []]);
  });

  test('a mocked failure is a StepFailedError', async () => {
    const mock = createMockContext({ steps: { charge: new Error('no bank') } });
    const error = await mock.run(() => charge(1)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StepFailedError);
    expect((error as StepFailedError).cause).toMatchObject({ message: 'no bank' });
  });

  test('sleeps end in the order of their length, and time goes with them', async () => {
    const mock = createMockContext();
    const order: string[] = [];
    await mock.run(async () => {
      const began = Date.now();
      await Promise.all([
        sleep('2d').then(() => order.push('long')),
        sleep('1d').then(() => order.push('short')),
        charge(1).then(() => order.push('step')),
      ]);
      order.push(`${(Date.now() - began) / 86_400_000} days`);
    });
    expect(order).toEqual(['step', 'short', 'long', '2 days']);
  });

  test('hooks are answered, expire, or say that they are not', async () => {
    const mock = createMockContext({ hooks: { approval: { by: 'Ann' } } });
    expect(await mock.run(async () => hook('approval'))).toEqual({ by: 'Ann' });
    expect(mock.hookNames).toEqual(['approval']);
    const expired = mock.run(async () => hook('other', { timeout: '1d' }));
    await expect(expired).rejects.toThrow(/expired/);
    await expect(mock.run(async () => hook('other'))).rejects.toThrow(/hook 'other' has no answer/);
  });

  test('children are mocked, or run in the same context', async () => {
    const kid = workflow({ name: 'mock-kid' }, async (n: number) => charge(n));
    const parent = async () => startChildWorkflow(kid, 3);
    const inner = createMockContext({ steps: { charge: 'mocked' } });
    expect(await inner.run(parent)).toBe('mocked');
    expect(inner.children).toEqual([{ name: 'mock-kid', input: 3 }]);
    const outer = createMockContext({ workflows: { 'mock-kid': new Error('lost') } });
    await expect(outer.run(parent)).rejects.toThrow(ChildWorkflowFailedError);
    expect(outer.stepCount).toBe(0);
  });

  test('cancellation reaches what waits, and a shield covers cleanup', async () => {
    const mock = createMockContext();
    const run = mock.run(async () => {
      try {
        await hook('never', { timeout: '365d' });
      } finally {
        await shield(() => refund());
      }
    });
    mock.cancel('enough');
    const error = await run.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CancellationError);
    expect((error as CancellationError).reason).toBe('enough');
    expect(mock.stepNames).toEqual(['refund']);
    expect(mock.status).toBe('cancelled');
  });

  test('continue-as-new and patches are kept', async () => {
    const mock = createMockContext();
    await mock.run(async () => (patched('p1') ? continueAsNew({ page: 2 }) : undefined));
    expect(mock.continuedAsNew).toEqual({ input: { page: 2 } });
    expect(mock.patches).toEqual(['p1']);
    expect(mock.status).toBe('continued_as_new');
  });

  test('matchers look at it', async () => {
    const mock = createMockContext();
    await mock.run(async () => {
      await sleep('1h');
      return charge(1);
    });
    await expect(mock).toHaveSlept('1h');
    await expect(mock).toHaveCompletedStep('charge', 1);
    await expect(mock).toHaveStatus('completed');
  });
});
