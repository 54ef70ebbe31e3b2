import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  type Duration,
  durationProblem,
  durationText,
  formatDuration,
  parseDuration,
} from '../../../src/core/duration.ts';
import { ValidationError } from '../../../src/core/errors.ts';

describe('parseDuration', () => {
  it.each<[Duration, number]>([
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['1h30m', 5_400_000],
    ['2d12h', 216_000_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['1H 30M', 5_400_000],
    [' 1m5s500MS ', 65_500],
    ['0s', 0],
    ['1.1s', 1100],
    ['P1DT2H', 93_600_000],
    ['PT30S', 30_000],
    ['p1w', 604_800_000],
    ['PT0,5H', 1_800_000],
    ['PT1.001S', 1001],
    [0, 0],
    [90, 90_000],
    [1.0005, 1001],
    [0.1 + 0.2, 300],
    [{ hours: 2, minutes: 30 }, 9_000_000],
    [{ weeks: 1, days: 1, seconds: 1.5, milliseconds: 1 }, 691_201_501],
  ])('%j is %i ms', (duration, ms) => {
    expect(parseDuration(duration)).toBe(ms);
  });

  it.each<[unknown, string]>([
    ['', 'it is empty'],
    ['  ', 'it is empty'],
    ['90', 'the unit is missing'],
    ['1.5', 'the unit is missing'],
    ['1h30', "the unit of '30' is missing"],
    ['5y', "unknown unit 'y'"],
    ['3 fortnights', "the unit of '3' is missing"],
    ['1h foo', "'foo' is not a number with a unit"],
    ['1e3s', "unknown unit 'e'"],
    ['30m1h', "'h' must come before 'm'"],
    ['1h1h', "unit 'h' comes twice"],
    ['-5m', 'it is negative'],
    [-1, 'it is negative'],
    [Number.NaN, 'it is not a number'],
    [Infinity, 'it is longer than any calendar'],
    ['99999999999999w', 'it is longer than any calendar'],
    ['P1M', 'years and months have no fixed length'],
    ['P1Y2D', 'years and months have no fixed length'],
    ['P', 'it is not an ISO 8601 duration such as P1DT2H or PT30S'],
    ['P1DT', 'it is not an ISO 8601 duration such as P1DT2H or PT30S'],
    ['P1H', 'it is not an ISO 8601 duration such as P1DT2H or PT30S'],
    ['PT1S1H', 'it is not an ISO 8601 duration such as P1DT2H or PT30S'],
    [{}, 'it names no unit'],
    [{ hour: 1 }, "unknown unit 'hour'"],
    [{ constructor: 1 }, "unknown unit 'constructor'"],
    [{ hours: -1 }, "'hours' is not a positive number"],
    [{ hours: '1' }, "'hours' is not a positive number"],
    [null, 'it is no duration'],
    [true, 'it is no duration'],
    [new Date(), 'it names no unit'],
  ])('refuses %j', (duration, problem) => {
    expect(durationProblem(duration)).toBe(problem);
    expect(() => parseDuration(duration as Duration)).toThrow(ValidationError);
  });

  it('says what was wrong and what is accepted', () => {
    expect(() => parseDuration('5 min')).toThrow("Invalid duration '5 min': ");
    expect(() => parseDuration('5min')).toThrow(
      "Invalid duration '5min': unknown unit 'min'. Accepted are '30s', '5m', '2h', '1d', '1w', " +
        "'1h30m', '500ms', 'PT90M', a number of seconds, or { hours: 2, minutes: 30 }",
    );
    expect(() => parseDuration({ hour: 1 } as Duration)).toThrow('Invalid duration { hour }: ');
  });

  test('never gives anything but whole milliseconds or a ValidationError', () => {
    const texts = fc.string({ unit: fc.constantFrom(...'0129.,- PTWDHMSwdhms'), maxLength: 10 });
    fc.assert(
      fc.property(fc.oneof(texts, fc.anything()), (duration) => {
        try {
          const ms = parseDuration(duration as Duration);
          expect(Number.isSafeInteger(ms) && ms >= 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('takes long texts in linear time', () => {
    expect(durationProblem('1'.repeat(1e6))).toBeDefined();
    expect(durationProblem(`P${'1'.repeat(1e6)}`)).toBeDefined();
    expect(durationProblem(`${'1'.repeat(1e6)}.`.repeat(2))).toBeDefined();
  });
});

describe('durationText', () => {
  test('is the inverse of parseDuration', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.nat(8.64e15)), (ms) => {
        expect(parseDuration(durationText(ms))).toBe(ms);
      }),
    );
    expect(durationText(0)).toBe('0s');
    expect(durationText(5_400_000)).toBe('1h30m');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [0.4, '0ms'],
    [850, '850ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [1234, '1.2s'],
    [59_949, '59.9s'],
    [59_960, '1m'],
    [90_000, '1m 30s'],
    [3_599_600, '1h'],
    [5_400_000, '1h 30m'],
    [3_605_000, '1h'],
    [86_399_999, '1d'],
    [216_000_000, '2d 12h'],
    [1_209_600_000, '14d'],
    [-1500, '-1.5s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('is within 4 percent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 1e12 }), (ms) => {
        const shown = parseDuration(formatDuration(ms));
        expect(Math.abs(shown - ms)).toBeLessThanOrEqual(ms * 0.05);
      }),
    );
  });
});
