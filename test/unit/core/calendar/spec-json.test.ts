import { describe, expect, test } from 'vitest';
import type { ScheduleSpec } from '../../../../src/core/calendar/schedule-spec.ts';
import { describeSpec, specFromJson, specToJson } from '../../../../src/core/calendar/spec-json.ts';

const EVERYTHING: ScheduleSpec = {
  cron: '0 9 * * MON-FRI',
  timezone: 'America/New_York',
  startAt: new Date('2026-01-01T00:00:00Z'),
  endAt: new Date('2027-01-01T00:00:00Z'),
  jitter: '90s',
};

test('a stored spec has every key, in snake_case, with null where there is nothing', () => {
  expect(specToJson(EVERYTHING)).toEqual({
    cron: '0 9 * * MON-FRI',
    interval: null,
    calendar: null,
    at: null,
    timezone: 'America/New_York',
    start_at: '2026-01-01T00:00:00.000Z',
    end_at: '2027-01-01T00:00:00.000Z',
    jitter: '1m30s',
  });
  expect(specToJson({ interval: { minutes: 90 } })).toMatchObject({
    interval: '1h30m',
    timezone: 'UTC',
  });
});

describe('what is stored means the same', () => {
  test.each<[ScheduleSpec, ScheduleSpec]>([
    [EVERYTHING, { ...EVERYTHING, jitter: '1m30s' }],
    [{ interval: 0.5 }, { interval: '500ms', timezone: 'UTC' }],
    [
      { at: new Date('2026-05-01T10:00:00+02:00') },
      { at: new Date('2026-05-01T08:00:00Z'), timezone: 'UTC' },
    ],
    [
      {
        calendar: [
          { hour: 9, dayOfWeek: 0 },
          { dayOfMonth: 15, month: 3 },
        ],
      },
      {
        calendar: [
          { second: 0, minute: 0, hour: 9, dayOfWeek: 0 },
          { second: 0, minute: 0, hour: 0, dayOfMonth: 15, month: 3 },
        ],
        timezone: 'UTC',
      },
    ],
  ])('%j', (spec, expected) => {
    const text = JSON.stringify(specToJson(spec));
    expect(specFromJson(JSON.parse(text))).toEqual(expected);
    // And once more, as an update does it.
    expect(specToJson(specFromJson(JSON.parse(text)))).toEqual(JSON.parse(text));
  });
});

test.each<[ScheduleSpec, string]>([
  [{ cron: '0 9 * * *', timezone: 'America/New_York' }, 'Cron: 0 9 * * * (America/New_York)'],
  [{ interval: '5m' }, 'Every 5m (UTC)'],
  [{ interval: 3600 }, 'Every 1h (UTC)'],
  [{ calendar: [{ hour: 9, dayOfWeek: 1 }] }, 'Calendar: Mon at 09:00:00 (UTC)'],
  [
    {
      calendar: [
        { dayOfMonth: 15, hour: 12 },
        { hour: 6, minute: 5, second: 7 },
      ],
    },
    'Calendar: Day 15 at 12:00:00, Daily at 06:05:07 (UTC)',
  ],
  [
    {
      calendar: [
        { dayOfMonth: 29, month: 2 },
        { month: 12, dayOfWeek: 5 },
      ],
    },
    'Calendar: Feb 29 at 00:00:00, Fri Dec at 00:00:00 (UTC)',
  ],
  [{ at: new Date('2026-05-01T00:00:00Z') }, 'Once at 2026-05-01T00:00:00.000Z'],
  [{}, 'No schedule defined'],
])('%j is described as %s', (spec, text) => {
  expect(describeSpec(spec)).toBe(text);
  if (Object.keys(spec).length > 0) expect(describeSpec(specFromJson(specToJson(spec)))).toBe(text);
});
