import { describe, expect, test } from 'vitest';
import { checkItFires, mergeSpec, nextRunAfter } from '../../src/scheduler/timing.ts';

const NEW_YORK = {
  cron: '0 9 * * *',
  timezone: 'America/New_York',
  startAt: new Date('2026-01-01T00:00:00Z'),
  jitter: '5m',
};

describe('merging (inventory: a timing update resets timezone, start, end and jitter)', () => {
  test('what is not mentioned stays', () => {
    expect(mergeSpec(NEW_YORK, { cron: '0 8 * * *' })).toEqual({ ...NEW_YORK, cron: '0 8 * * *' });
    expect(mergeSpec(NEW_YORK, { timezone: 'UTC' })).toEqual({ ...NEW_YORK, timezone: 'UTC' });
    expect(mergeSpec(NEW_YORK, {})).toEqual(NEW_YORK);
    expect(mergeSpec(NEW_YORK, { jitter: undefined })).toEqual(NEW_YORK);
  });
  test('a new kind of timing takes the place of the old one', () => {
    const { cron: _, ...rest } = NEW_YORK;
    expect(mergeSpec(NEW_YORK, { interval: '1h' })).toEqual({ ...rest, interval: '1h' });
  });
  test('null takes a part away', () => {
    const { jitter: _, ...rest } = NEW_YORK;
    expect(mergeSpec(NEW_YORK, { jitter: null })).toEqual(rest);
    expect(() => checkItFires(mergeSpec(NEW_YORK, { cron: null }), 0, 0)).toThrow(/has none/);
  });
});

test('a timing that never fires is refused with the reason', () => {
  const now = Date.parse('2026-06-01T00:00:00Z');
  const check = (spec: object) => () => checkItFires(spec, now, now);
  expect(check({ at: new Date(now) })).toThrow('at: 2026-06-01T00:00:00.000Z has passed');
  expect(check({ cron: '* * * * *', endAt: new Date(now) })).toThrow('has no occurrence after');
  expect(check({ at: new Date(now + 1) })).not.toThrow();
  expect(nextRunAfter({ at: new Date(now) }, 'sched_1', now, 0)).toBeNull();
});
