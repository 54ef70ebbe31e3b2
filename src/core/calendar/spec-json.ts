import { isoTime } from '../clock.ts';
import { durationText, parseDuration } from '../duration.ts';
import type { Json } from '../json.ts';
import type { CalendarSpec, ScheduleSpec } from './schedule-spec.ts';

/**
 * A checked spec as it is stored and shown: every key, in snake_case, null where there is nothing;
 * durations as text, instants as RFC 3339.
 */
export function specToJson(spec: ScheduleSpec): Json {
  return {
    cron: spec.cron ?? null,
    interval: textOf(spec.interval),
    calendar: spec.calendar?.map(calendarToJson) ?? null,
    at: instantOf(spec.at),
    timezone: spec.timezone ?? 'UTC',
    start_at: instantOf(spec.startAt),
    end_at: instantOf(spec.endAt),
    jitter: textOf(spec.jitter),
  };
}

/** The spec that `specToJson` has written. */
export function specFromJson(json: Json): ScheduleSpec {
  const { start_at, end_at, at, calendar, ...rest } = json as StoredSpec;
  return withoutNulls({
    ...rest,
    calendar: calendar?.map(calendarFromJson),
    at: dateOf(at),
    startAt: dateOf(start_at),
    endAt: dateOf(end_at),
  });
}

/** For people: `Cron: 0 9 * * * (America/New_York)`, `Every 5m (UTC)`, `Once at 2026-05-01T00:00:00.000Z`. */
export function describeSpec(spec: ScheduleSpec): string {
  const zone = spec.timezone ?? 'UTC';
  if (spec.cron !== undefined) return `Cron: ${spec.cron} (${zone})`;
  if (spec.interval !== undefined) return `Every ${textOf(spec.interval)} (${zone})`;
  if (spec.at !== undefined) return `Once at ${instantOf(spec.at)}`;
  if (spec.calendar === undefined) return 'No schedule defined';
  return `Calendar: ${spec.calendar.map(describeCalendar).join(', ')} (${zone})`;
}

interface StoredSpec {
  readonly cron?: string | null;
  readonly interval?: string | null;
  readonly calendar?: readonly StoredCalendar[] | null;
  readonly at?: string | null;
  readonly timezone?: string | null;
  readonly start_at?: string | null;
  readonly end_at?: string | null;
  readonly jitter?: string | null;
}

interface StoredCalendar {
  readonly second?: number | null;
  readonly minute?: number | null;
  readonly hour?: number | null;
  readonly day_of_month?: number | null;
  readonly month?: number | null;
  readonly day_of_week?: number | null;
}

function calendarToJson(calendar: CalendarSpec): Json {
  return {
    second: calendar.second ?? 0,
    minute: calendar.minute ?? 0,
    hour: calendar.hour ?? 0,
    day_of_month: calendar.dayOfMonth ?? null,
    month: calendar.month ?? null,
    day_of_week: calendar.dayOfWeek ?? null,
  };
}

function calendarFromJson({ day_of_month, day_of_week, ...rest }: StoredCalendar): CalendarSpec {
  return withoutNulls({ ...rest, dayOfMonth: day_of_month, dayOfWeek: day_of_week });
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Mon at 09:00:00`, `Mar 1 at 00:00:00`, `Day 15 at 12:00:00`, `Daily at 06:00:00`. */
function describeCalendar(calendar: CalendarSpec): string {
  const { second = 0, minute = 0, hour = 0, dayOfMonth, month, dayOfWeek } = calendar;
  const time = [hour, minute, second].map((part) => String(part).padStart(2, '0')).join(':');
  const days: string[] = [];
  if (dayOfWeek !== undefined) days.push(DAYS[dayOfWeek] ?? String(dayOfWeek));
  if (month !== undefined) days.push(MONTHS[month - 1] ?? String(month));
  if (dayOfMonth !== undefined)
    days.push(month === undefined ? `Day ${dayOfMonth}` : `${dayOfMonth}`);
  return `${days.join(' ') || 'Daily'} at ${time}`;
}

function textOf(duration: ScheduleSpec['interval']): string | null {
  return duration === undefined ? null : durationText(parseDuration(duration));
}

function instantOf(date: Date | undefined): string | null {
  return date === undefined ? null : isoTime(date.getTime());
}

function dateOf(text: string | null | undefined): Date | undefined {
  return text == null ? undefined : new Date(text);
}

type WithoutNulls<T> = { [K in keyof T]: Exclude<T[K], null | undefined> };

function withoutNulls<T extends object>(value: T): Partial<WithoutNulls<T>> {
  const kept = Object.entries(value).filter(([, part]) => part != null);
  return Object.fromEntries(kept) as Partial<WithoutNulls<T>>;
}
