import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { FatalError, RetryableError, ValidationError } from '../../../src/core/errors.ts';
import {
  checkRetryDelay,
  describeRetryDelay,
  type RetryDelay,
  retryDelayMs,
} from '../../../src/core/retry-policy.ts';

const NOW = 1_700_000_000_000;
const boom = new Error('boom');

function delays(retryDelay: RetryDelay, retries: number, error: unknown = boom): number[] {
  return Array.from({ length: retries }, (_, i) =>
    retryDelayMs({ retryDelay, jitter: false }, i + 1, error, never, NOW),
  );
}

function never(): number {
  throw new Error('random was asked without jitter');
}

describe('retryDelayMs', () => {
  it.each<[RetryDelay, number[]]>([
    ['fixed', [1000, 1000, 1000]],
    ['exponential', [1000, 2000, 4000, 8000]],
    [0.25, [250, 250]],
    ['1m30s', [90_000, 90_000]],
    [{ minutes: 2 }, [120_000, 120_000]],
    [
      ['1s', 5, { minutes: 1 }],
      [1000, 5000, 60_000, 60_000, 60_000],
    ],
    [(attempt) => attempt * 10, [10_000, 20_000]],
    [(_, error) => (error === boom ? '1h' : 0), [3_600_000]],
  ])('%j gives %j', (retryDelay, expected) => {
    expect(delays(retryDelay, expected.length)).toEqual(expected);
  });

  it('caps exponential at five minutes', () => {
    expect(delays('exponential', 11).slice(-3)).toEqual([256_000, 300_000, 300_000]);
    const policy = { retryDelay: 'exponential', jitter: false } as const;
    expect(retryDelayMs(policy, 1e6, boom, never, NOW)).toBe(300_000);
  });

  test('jitter takes a random part of the delay', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(random, fc.integer({ min: 1, max: 50 }), (share, retry) => {
        const plain = retryDelayMs(
          { retryDelay: 'exponential', jitter: false },
          retry,
          0,
          never,
          0,
        );
        const policy = { retryDelay: 'exponential', jitter: true } as const;
        const ms = retryDelayMs(policy, retry, 0, () => share, 0);
        expect(ms).toBe(Math.round(share * plain));
      }),
    );
  });

  it('lets retryAfter win, without jitter', () => {
    const waitFor = (retryAfter: Date | string | number) =>
      retryDelayMs(
        { retryDelay: 'fixed', jitter: true },
        1,
        new RetryableError('x', { retryAfter }),
        never,
        NOW,
      );
    expect(waitFor('2m')).toBe(120_000);
    expect(waitFor(0)).toBe(0);
    expect(waitFor(new Date(NOW + 1500))).toBe(1500);
    expect(waitFor(new Date(NOW - 1))).toBe(0);
    expect(() => waitFor(new Date(Number.NaN))).toThrow(
      'Invalid retryAfter: it is an invalid Date',
    );
    expect(() => waitFor('soon')).toThrow(ValidationError);
  });

  it('asks the policy for errors without retryAfter', () => {
    expect(delays('fixed', 1, new RetryableError('x'))).toEqual([1000]);
    expect(delays('fixed', 1, Object.assign(new FatalError('x'), { retryAfter: 9 }))).toEqual([
      1000,
    ]);
    expect(delays('fixed', 1, 'a text')).toEqual([1000]);
  });

  it('refuses what a function gives', () => {
    expect(() => delays(() => 'later', 1)).toThrow("Invalid duration 'later'");
  });
});

describe('checkRetryDelay', () => {
  it.each<RetryDelay>(['fixed', 'exponential', '5s', 0, { hours: 1 }, ['1s', 2], () => 1])(
    'accepts %j',
    (retryDelay) => {
      expect(() => checkRetryDelay({ retryDelay, jitter: true })).not.toThrow();
    },
  );

  it.each<[unknown, string]>([
    [[], 'retryDelay: the list is empty'],
    [
      ['1s', 'x', -1],
      "retryDelay[1]: 'x' is not a number with a unit; retryDelay[2]: it is negative",
    ],
    ['exponental', "retryDelay: 'exponental' is not a number with a unit"],
    [-1, 'retryDelay: it is negative'],
    [null, 'retryDelay: it is no duration'],
    [{}, 'retryDelay: it names no unit'],
  ])('refuses %j', (retryDelay, message) => {
    const check = () => checkRetryDelay({ retryDelay: retryDelay as RetryDelay, jitter: false });
    expect(check).toThrow(ValidationError);
    expect(check).toThrow(`Invalid retry policy: ${message}`);
  });

  it('refuses a jitter that is no boolean', () => {
    const policy = { retryDelay: 'fixed', jitter: 'full' as unknown as boolean } as const;
    expect(() => checkRetryDelay(policy)).toThrow(
      'Invalid retry policy: jitter: not true or false',
    );
  });
});

test('describeRetryDelay names the strategy', () => {
  const name = (retryDelay: RetryDelay) => describeRetryDelay({ retryDelay, jitter: false });
  expect(name('fixed')).toBe('fixed');
  expect(name('exponential')).toBe('exponential');
  expect(name('5s')).toBe('fixed');
  expect(name({ seconds: 1 })).toBe('fixed');
  expect(name([1, 2])).toBe('list');
  expect(name(() => 1)).toBe('custom');
});
