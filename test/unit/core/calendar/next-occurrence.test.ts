import { describe, expect, test } from 'vitest';
import {
  jitterOf,
  nextOccurrence,
  occurrencesBetween,
} from '../../../../src/core/calendar/next-occurrence.ts';
import {
  checkScheduleSpec,
  type ScheduleSpec,
} from '../../../../src/core/calendar/schedule-spec.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const next = (spec: ScheduleSpec, after: string) => iso(nextOccurrence(spec, at(after), 0));
const several = (spec: ScheduleSpec, from: string, to: string, limit = 20) =>
  occurrencesBetween(spec, at(from), at(to), limit, 0).map(iso);

describe('cron across changes of the clock', () => {
  test('New York: a skipped wall time fires at the first instant after the gap', () => {
    const spec = { cron: '30 2 * * *', timezone: 'America/New_York' };
    expect(several(spec, '2026-03-07T12:00:00Z', '2026-03-10T00:00:00Z')).toEqual([
      '2026-03-08T07:00:00.000Z',
      '2026-03-09T06:30:00.000Z',
    ]);
  });

  test('New York: a repeated wall time fires the first time only', () => {
    const spec = { cron: '30 1 * * *', timezone: 'America/New_York' };
    expect(several(spec, '2026-10-31T12:00:00Z', '2026-11-03T00:00:00Z')).toEqual([
      '2026-11-01T05:30:00.000Z',
      '2026-11-02T06:30:00.000Z',
    ]);
  });

  test('New York: a half-hourly pattern goes on through the repeated hour', () => {
    const spec = { cron: '*/30 * * * *', timezone: 'America/New_York' };
    expect(several(spec, '2026-11-01T05:00:00Z', '2026-11-01T07:00:00Z')).toHaveLength(4);
  });

  test('Berlin: nine o’clock stays nine o’clock', () => {
    const spec = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };
    expect(several(spec, '2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z')).toEqual([
      '2026-03-28T08:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
    ]);
    expect(next({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }, '2026-03-29T00:00:00Z')).toBe(
      '2026-03-29T01:00:00.000Z',
    );
    expect(
      several(
        { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
        '2026-10-24T12:00:00Z',
        '2026-10-26T12:00:00Z',
      ),
    ).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
  });

  test('Lord Howe: a gap and an overlap of half an hour', () => {
    const zone = { timezone: 'Australia/Lord_Howe' };
    expect(next({ cron: '15 2 * * *', ...zone }, '2026-10-03T00:00:00Z')).toBe(
      '2026-10-03T15:30:00.000Z',
    );
    expect(
      several({ cron: '45 1 * * *', ...zone }, '2026-04-04T00:00:00Z', '2026-04-06T00:00:00Z'),
    ).toEqual(['2026-04-04T14:45:00.000Z', '2026-04-05T15:15:00.000Z']);
  });

  test('São Paulo in 2018: the day that had no midnight', () => {
    expect(next({ cron: '0 0 * * *', timezone: 'America/Sao_Paulo' }, '2018-11-03T12:00:00Z')).toBe(
      '2018-11-04T03:00:00.000Z',
    );
  });
});

test('cron understands six fields, L, # and names', () => {
  expect(next({ cron: '30 0 12 L * *' }, '2026-01-31T12:00:30Z')).toBe('2026-02-28T12:00:30.000Z');
  expect(next({ cron: '0 9 * * MON#1' }, '2026-01-06T00:00:00Z')).toBe('2026-02-02T09:00:00.000Z');
});

test('an interval is counted from its anchor and does not drift', () => {
  expect(
    iso(nextOccurrence({ interval: '1h' }, at('2026-01-01T10:30:00Z'), at('2026-01-01T00:15:00Z'))),
  ).toBe('2026-01-01T11:15:00.000Z');
  const spec = { interval: '10m', startAt: new Date('2026-01-01T00:00:00Z') };
  expect(next(spec, '2025-06-01T00:00:00Z')).toBe('2026-01-01T00:00:00.000Z');
  expect(next(spec, '2026-01-01T00:00:00Z')).toBe('2026-01-01T00:10:00.000Z');
});

test('the days of a calendar entry must both match, and the earliest entry wins', () => {
  expect(
    next({ calendar: [{ hour: 9, dayOfMonth: 13, dayOfWeek: 5 }] }, '2026-01-01T00:00:00Z'),
  ).toBe('2026-02-13T09:00:00.000Z');
  expect(
    next({ calendar: [{ month: 12 }, { hour: 6, dayOfWeek: 1 }] }, '2026-01-01T00:00:00Z'),
  ).toBe('2026-01-05T06:00:00.000Z');
  expect(next({ calendar: [{ dayOfMonth: 29, month: 2 }] }, '2026-01-01T00:00:00Z')).toBe(
    '2028-02-29T00:00:00.000Z',
  );
});

test('at fires once', () => {
  const spec = { at: new Date('2026-05-01T00:00:00Z') };
  expect(next(spec, '2026-01-01T00:00:00Z')).toBe('2026-05-01T00:00:00.000Z');
  expect(next(spec, '2026-05-01T00:00:00Z')).toBeNull();
});

test('bounds: the start is included, the end is not', () => {
  const spec = {
    cron: '0 0 * * *',
    startAt: new Date('2026-01-02T00:00:00Z'),
    endAt: new Date('2026-01-04T00:00:00Z'),
  };
  expect(several(spec, '2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toEqual([
    '2026-01-02T00:00:00.000Z',
    '2026-01-03T00:00:00.000Z',
  ]);
});

test('jitter is the same for everybody and spreads', () => {
  const spec = { interval: '1h', jitter: '10m' };
  const delays = Array.from({ length: 200 }, (_, index) =>
    jitterOf(spec, 'sched_1', index * 3_600_000),
  );
  expect(delays).toEqual(
    Array.from({ length: 200 }, (_, index) => jitterOf(spec, 'sched_1', index * 3_600_000)),
  );
  expect(Math.max(...delays)).toBeLessThan(600_000);
  expect(new Set(delays.map((delay) => Math.floor(delay / 60_000))).size).toBe(10);
});

test.each([
  [{}, 'needs exactly one of cron, interval, calendar, at, has none'],
  [{ cron: '* * * * *', interval: '1h' }, 'has cron and interval'],
  [{ cron: '61 * * * *' }, "cron: '61 * * * *' is no cron pattern"],
  [{ cron: '* * *' }, "cron: '* * *' has 3 fields"],
  [{ cron: '0 0 31 2 *' }, "cron: '0 0 31 2 *' never fires"],
  [
    { cron: '* * * * *', timezone: 'Mars/Olympus' },
    "timezone: 'Mars/Olympus' is no IANA time zone",
  ],
  [{ interval: '0s' }, 'interval: must be longer than nothing'],
  [{ interval: 'soon' }, 'interval: '],
  [{ calendar: [{ hour: 24 }] }, 'calendar[0].hour: must be a whole number from 0 to 23, not 24'],
  [{ calendar: [] }, 'calendar: is empty'],
  [{ calendar: { hour: 9 } as never }, 'calendar: must be a list: [{ hour: 9 }]'],
  [{ at: new Date('nonsense') }, 'at: is an invalid Date'],
])('refuses %j', (spec, message) => {
  expect(() => checkScheduleSpec(spec as ScheduleSpec)).toThrow(message);
});
