import { expect, test } from 'vitest';
import {
  fireTimeOf,
  jitterOf,
  nextOccurrence,
  pastOccurrences,
} from '../../../../src/core/calendar/next-occurrence.ts';
import {
  resolvePolicies,
  type SchedulePolicies,
} from '../../../../src/core/calendar/schedule-policies.ts';

const HOUR = 3_600_000;

test('an occurrence fires at its own time and its jitter, whoever computes it', () => {
  const spec = { interval: '1h', jitter: '10m' };
  const fired = fireTimeOf(spec, 'sched_1', 5 * HOUR, 0);
  expect(fired).toBe(5 * HOUR + jitterOf(spec, 'sched_1', 5 * HOUR));
  expect(fireTimeOf(spec, 'sched_1', 5 * HOUR, 0)).toBe(fired);
  expect(fireTimeOf(spec, 'sched_2', 5 * HOUR, 0)).not.toBe(fired);
  expect(fireTimeOf({ interval: '1h' }, 'sched_1', 5 * HOUR, 0)).toBe(5 * HOUR);
});

test('occurrences fire in order, however long the jitter', () => {
  const spec = { cron: '*/5 * * * *', jitter: '1d' };
  let [occurrence, before] = [0, Number.NEGATIVE_INFINITY];
  for (let n = 0; n < 500; n++) {
    const firesAt = fireTimeOf(spec, 'sched_1', occurrence, 0);
    expect(firesAt).toBeGreaterThanOrEqual(occurrence);
    expect(firesAt).toBeGreaterThan(before);
    before = firesAt;
    occurrence = nextOccurrence(spec, occurrence, 0) ?? 0;
  }
});

test('the last occurrence of a series has all of its jitter', () => {
  const spec = { at: new Date(HOUR), jitter: '1h' };
  expect(fireTimeOf(spec, 'sched_1', HOUR, 0)).toBe(HOUR + jitterOf(spec, 'sched_1', HOUR));
});

test('an interval reaches back behind the creation of its schedule, on the same grid', () => {
  const anchor = 100 * HOUR + 7;
  const past = (spec: object) => pastOccurrences(spec, 97 * HOUR, 102 * HOUR, 99, anchor);
  expect(past({ interval: '1h' })).toEqual([97, 98, 99, 100, 101].map((hour) => hour * HOUR + 7));
  expect(past({ interval: '1h', startAt: new Date(100 * HOUR) })).toEqual([100 * HOUR, 101 * HOUR]);
  expect(past({ cron: '30 * * * *' })).toHaveLength(5);
  expect(past({ at: new Date(97 * HOUR) })).toEqual([97 * HOUR]);
});

test('policies have defaults, and wrong ones are named', () => {
  expect(resolvePolicies({})).toEqual({
    overlapPolicy: 'skip',
    catchUpPolicy: 'one',
    catchUpWindow: null,
  });
  expect(resolvePolicies({ catchUpWindow: '1h' }).catchUpWindow).toBe(HOUR);
  const wrong = { overlapPolicy: 'buffer', catchUp: 'two', catchUpWindow: 'soon' };
  expect(() => resolvePolicies(wrong as SchedulePolicies)).toThrow(
    /overlapPolicy: must be one of skip, .* not 'buffer'; catchUp: .* not 'two'; catchUpWindow: /,
  );
});
