import { describe, expect, test } from 'vitest';
import { fireTimeOf } from '../../src/core/calendar/next-occurrence.ts';
import type { ScheduleRecord } from '../../src/core/schedule.ts';
import { BATCH, type Decision, decide, GRACE_MS } from '../../src/scheduler/decide.ts';
import { aSchedule } from './a-schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const hours = (...list: number[]) => list.map((hour) => hour * HOUR);

/** Hourly, decided up to noon. */
const hourly = (rest: Partial<ScheduleRecord> = {}) =>
  aSchedule({ cron: '0 * * * *' }, 12 * HOUR, rest);

const skips = (decision: Decision) =>
  decision.skips.map(({ first, last, count, reason }) => ({
    from: first / HOUR,
    to: last / HOUR,
    count,
    why: /policy '(\w+)'|catch-up (window)/.exec(reason)?.slice(1).find(Boolean),
  }));

describe('catching up', () => {
  // Five occurrences were missed (13 to 17 h), the one of 18 h is on time.
  const onTime = 18 * HOUR + GRACE_MS;
  const late = onTime + 1;

  test.each([
    ['one', null, onTime, hours(18), [{ from: 13, to: 17, count: 5, why: 'one' }]],
    ['one', null, late, hours(18), [{ from: 13, to: 17, count: 5, why: 'one' }]],
    ['all', null, onTime, hours(13, 14, 15, 16, 17, 18), []],
    ['none', null, onTime, hours(18), [{ from: 13, to: 17, count: 5, why: 'none' }]],
    ['none', null, late, [], [{ from: 13, to: 18, count: 6, why: 'none' }]],
    ['all', 2 * HOUR, late, hours(17, 18), [{ from: 13, to: 16, count: 4, why: 'window' }]],
    [
      'one',
      2 * HOUR,
      late,
      hours(18),
      [
        { from: 13, to: 16, count: 4, why: 'window' },
        { from: 17, to: 17, count: 1, why: 'one' },
      ],
    ],
    ['one', 1000, late, [], [{ from: 13, to: 18, count: 6, why: 'window' }]],
    ['all', 0, onTime, hours(18), [{ from: 13, to: 17, count: 5, why: 'window' }]],
  ] as const)('%s within %s at %d', async (catchUpPolicy, catchUpWindow, now, starts, skipped) => {
    const decision = await decide(hourly({ catchUpPolicy, catchUpWindow }), now);
    expect(decision.starts).toEqual(starts);
    expect(skips(decision)).toEqual(skipped);
    expect(decision.decidedThrough).toBe(18 * HOUR);
    expect(decision.nextRunAt).toBe(19 * HOUR);
  });

  test('what is late by no more than the grace starts whatever the policy', async () => {
    for (const catchUpPolicy of ['one', 'all', 'none'] as const) {
      const schedule = aSchedule({ interval: '20s' }, 0, { catchUpPolicy });
      expect((await decide(schedule, MINUTE)).starts).toEqual([20_000, 40_000, 60_000]);
    }
  });

  test('nothing is due yet', async () => {
    const decision = await decide(hourly(), 13 * HOUR - 1);
    expect(decision).toEqual({
      starts: [],
      skips: [],
      decidedThrough: 12 * HOUR,
      nextRunAt: 13 * HOUR,
    });
  });
});

test('a batch is bounded, and the next one carries on', async () => {
  const minutely = { interval: '1m' };
  let schedule = aSchedule(minutely, 0, { catchUpPolicy: 'all' });
  const started: number[] = [];
  const batches: number[] = [];
  for (;;) {
    const decision = await decide(schedule, 250 * MINUTE);
    batches.push(decision.starts.length);
    started.push(...decision.starts);
    const { decidedThrough, nextRunAt } = decision;
    schedule = { ...schedule, decidedThrough, nextRunAt };
    if ((nextRunAt ?? Number.POSITIVE_INFINITY) > 250 * MINUTE) break;
  }
  expect(batches).toEqual([BATCH, BATCH, 50]);
  expect(started).toEqual(Array.from({ length: 250 }, (_, n) => (n + 1) * MINUTE));
});

test('a long absence is one entry, and the latest occurrence starts', async () => {
  const schedule = aSchedule({ interval: '1m' }, 0);
  const decision = await decide(schedule, 5 * DAY + 59_999);
  expect(decision.starts).toEqual([5 * DAY]);
  expect(decision.skips).toMatchObject([{ first: MINUTE, last: 5 * DAY - MINUTE, count: 7199 }]);
});

test('an absence too long for one decision loses nothing', async () => {
  let schedule = aSchedule({ interval: '1m' }, 0);
  const now = 20 * DAY + 30_000 + 2 * GRACE_MS;
  const last = 20 * DAY + 2 * MINUTE;
  const started: number[] = [];
  let skipped = 0;
  for (let round = 0; schedule.nextRunAt === null || schedule.nextRunAt <= now; round++) {
    const { starts, skips: list, decidedThrough, nextRunAt } = await decide(schedule, now);
    started.push(...starts);
    skipped += list.reduce((sum, { count }) => sum + count, 0);
    schedule = { ...schedule, decidedThrough, nextRunAt };
    expect(round).toBeLessThan(5);
  }
  // Those late by less than the grace, and no other.
  expect(started).toEqual([last]);
  expect(skipped + started.length).toBe(last / MINUTE);
});

test('the end of a series: nothing more to look for', async () => {
  const once = aSchedule({ at: new Date(HOUR) }, 0);
  const decision = await decide(once, 2 * HOUR);
  expect(decision).toMatchObject({ starts: [HOUR], decidedThrough: HOUR, nextRunAt: null });
  expect(await decide({ ...once, decidedThrough: HOUR }, 2 * HOUR)).toMatchObject({
    starts: [],
    nextRunAt: null,
  });
});

test('an occurrence waits for its jitter, and is not missed for that', async () => {
  const spec = { cron: '0 * * * *', jitter: '50m' };
  const firesAt = fireTimeOf(spec, 'sched_1', 13 * HOUR, 0);
  expect(firesAt).toBeGreaterThan(13 * HOUR + GRACE_MS);
  const schedule = aSchedule(spec, 12 * HOUR, { catchUpPolicy: 'none' });
  expect(await decide(schedule, firesAt - 1)).toMatchObject({ starts: [], nextRunAt: firesAt });
  expect(await decide(schedule, firesAt)).toMatchObject({
    starts: [13 * HOUR],
    nextRunAt: fireTimeOf(spec, 'sched_1', 14 * HOUR, 0),
  });
});

describe('across changes of the clock (inventory 11.12)', () => {
  const at = (text: string) => Date.parse(text);
  test.each([
    ['America/New_York', '30 2 * * *', '2026-03-07T07:30:00Z', '2026-03-08T07:00:00Z'],
    ['America/New_York', '0 9 * * *', '2026-03-07T14:00:00Z', '2026-03-08T13:00:00Z'],
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T00:30:00Z', '2026-10-25T00:30:00Z'],
    ['Australia/Lord_Howe', '15 2 * * *', '2026-10-02T15:45:00Z', '2026-10-03T15:30:00Z'],
    ['America/Sao_Paulo', '0 0 * * *', '2018-11-03T03:00:00Z', '2018-11-04T03:00:00Z'],
  ])('%s %s', async (timezone, cron, before, expected) => {
    const schedule = aSchedule({ cron, timezone }, at(before), { createdAt: at(before) });
    const early = await decide(schedule, at(expected) - 1);
    expect(early).toMatchObject({ starts: [], nextRunAt: at(expected) });
    const decision = await decide(schedule, at(expected));
    expect(decision.starts).toEqual([at(expected)]);
    expect(decision.skips).toEqual([]);
  });

  test('the hour that comes twice fires once', async () => {
    const timezone = 'America/New_York';
    const schedule = aSchedule({ cron: '30 1 * * *', timezone }, at('2026-11-01T05:30:00Z'));
    const decision = await decide(schedule, at('2026-11-01T06:31:00Z'));
    expect(decision).toMatchObject({ starts: [], nextRunAt: at('2026-11-02T06:30:00Z') });
  });
});
