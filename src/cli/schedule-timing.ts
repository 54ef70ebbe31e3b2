import type { SpecChanges } from '../client/schedules-client.ts';
import { isTimeZone } from '../core/calendar/cron.ts';
import {
  type CalendarSpec,
  type ScheduleSpec,
  SPEC_KINDS,
} from '../core/calendar/schedule-spec.ts';
import { parseDuration } from '../core/duration.ts';
import { readCalendar } from './read-calendar.ts';
import { UsageError } from './usage-error.ts';
import { instantOfWall } from './zone.ts';

/** The flags that say when; `false` takes a part away (`--no-jitter`). */
export interface TimingOptions {
  readonly cron?: string;
  readonly interval?: string;
  readonly calendar?: readonly string[];
  readonly at?: string;
  readonly timezone?: string;
  readonly start?: string | false;
  readonly end?: string | false;
  readonly jitter?: string | false;
}

/**
 * What the flags change about a timing; what they do not mention is undefined.
 * @param zone where times without an offset are read; default: that of `--timezone`, else UTC
 * @throws UsageError
 */
export function readTiming(options: TimingOptions, now: number, zone?: string): SpecChanges {
  const { cron, interval, calendar, at, timezone, start, end, jitter } = options;
  if (timezone !== undefined && !isTimeZone(timezone)) {
    throw new UsageError(
      `--timezone must be an IANA name such as Europe/Berlin, not '${timezone}'`,
    );
  }
  const where = timezone ?? zone ?? 'UTC';
  const time = (flag: string, text: string | false | undefined) => {
    if (text === undefined) return undefined;
    return text === false ? null : new Date(instantAhead(flag, text, now, where));
  };
  return {
    cron,
    interval: interval === undefined ? undefined : seconds('--interval', interval),
    calendar: calendar?.flatMap((text): readonly CalendarSpec[] => readCalendar(text)),
    at: time('--at', at) ?? undefined,
    timezone,
    startAt: time('--start', start),
    endAt: time('--end', end),
    jitter:
      jitter === undefined ? undefined : jitter === false ? null : seconds('--jitter', jitter),
  };
}

/** A whole timing. @throws UsageError unless the flags name exactly one kind */
export function readSpec(options: TimingOptions, now: number): ScheduleSpec {
  const given = Object.entries(readTiming(options, now)).filter(([, value]) => value != null);
  const kinds = SPEC_KINDS.filter((kind) => given.some(([key]) => key === kind));
  if (kinds.length === 1) return Object.fromEntries(given);
  const flags = SPEC_KINDS.map((kind) => `--${kind}`);
  if (kinds.length > 1) {
    throw new UsageError(`${kinds.map((kind) => `--${kind}`).join(' and ')} exclude each other`);
  }
  throw new UsageError(
    'When shall it run?',
    `Give one of ${flags.join(', ')}: --cron '0 9 * * 1-5', --interval 15m, --calendar at=09:00,day=1, --at 2026-12-24T18:00`,
  );
}

export function hasTiming(options: TimingOptions): boolean {
  const { cron, interval, calendar, at, timezone, start, end, jitter } = options;
  return [cron, interval, calendar, at, timezone, start, end, jitter].some((v) => v !== undefined);
}

/** Milliseconds since the epoch: `1h` means in an hour, else a date or a time in `zone`. */
export function instantAhead(flag: string, text: string, now: number, zone: string): number {
  const ahead = /^\+?(\d+(\.\d+)?[a-z].*)$/i.exec(text);
  const time = ahead?.[1] === undefined ? timeIn(zone, text) : now + duration(flag, ahead[1]);
  if (!Number.isNaN(time)) return time;
  const what = 'like 1h (from now), 2026-11-22, 2026-11-22T14:00 or 2026-11-22T14:00:00Z';
  throw new UsageError(`${flag} must be ${what}, not '${text}'`);
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:[T ](\d{2}:\d{2}(:\d{2}(\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A date or a time, on the clocks of `zone` where it names no offset; NaN for anything else. */
export function timeIn(zone: string, text: string): number {
  const found = TIME.exec(text);
  if (!found) return Number.NaN;
  const whole = text.replace(' ', 'T');
  if (found[4] !== undefined) return Date.parse(whole);
  const wall = found[1] === undefined ? `${whole}T00:00:00` : whole;
  return instantOfWall(zone, wall);
}

/** In seconds, which is what a bare number means in a spec. */
function seconds(flag: string, text: string): number {
  return duration(flag, text) / 1000;
}

/** Milliseconds. @throws UsageError naming the flag */
function duration(flag: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  try {
    return parseDuration(value);
  } catch {
    const what = 'a duration like 30s, 5m or 1h30m, or a number of seconds';
    throw new UsageError(`${flag} must be ${what}, not '${text}'`);
  }
}
