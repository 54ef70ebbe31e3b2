import type { CalendarSpec } from '../core/calendar/schedule-spec.ts';
import type { Json } from '../core/json.ts';
import { UsageError } from './usage-error.ts';

const KEYS: Readonly<Record<string, keyof CalendarSpec>> = {
  second: 'second',
  minute: 'minute',
  hour: 'hour',
  day: 'dayOfMonth',
  dayofmonth: 'dayOfMonth',
  month: 'month',
  weekday: 'dayOfWeek',
  dayofweek: 'dayOfWeek',
};
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const HELP = 'Write it like at=09:30,weekday=mon, hour=9,day=1,month=jan, or as JSON';

/**
 * `at=09:30,weekday=mon`, or JSON: one entry or a list of them, keys in either case.
 * @throws UsageError for what is no entry; its numbers are checked with the schedule
 */
export function readCalendar(text: string): readonly CalendarSpec[] {
  if (/^\s*[[{]/.test(text)) return fromJson(text);
  const parts = text.split(',').map((part) => part.trim());
  return [entryOf(parts.map((part) => pairOf(part)))];
}

function pairOf(part: string): readonly [string, string] {
  const at = part.indexOf('=');
  if (at < 1) throw new UsageError(`--calendar cannot read '${part}'`, HELP);
  return [part.slice(0, at), part.slice(at + 1)];
}

function fromJson(text: string): readonly CalendarSpec[] {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new UsageError('--calendar is not valid JSON', HELP);
  }
  const list = Array.isArray(value) ? value : [value];
  return list.map((entry) => {
    if (typeof entry !== 'object' || entry === null)
      throw new UsageError('--calendar needs an object', HELP);
    const given = Object.entries(entry).filter(([, field]) => field !== null);
    return entryOf(given.map(([key, field]) => [key, String(field)]));
  });
}

function entryOf(pairs: readonly (readonly [string, string])[]): CalendarSpec {
  const entry: Record<string, number> = {};
  for (const [key, value] of pairs) {
    const name = key.toLowerCase().replaceAll(/[-_]/g, '');
    if (name === 'at') Object.assign(entry, timeOf(value));
    else {
      const field = KEYS[name];
      if (field === undefined) throw new UsageError(`--calendar does not know '${key}'`, HELP);
      entry[field] = numberOf(field, value);
    }
  }
  return entry;
}

function timeOf(text: string): Pick<CalendarSpec, 'hour' | 'minute' | 'second'> {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (!found) throw new UsageError(`--calendar at= must be a time like 09:30, not '${text}'`);
  return { hour: Number(found[1]), minute: Number(found[2]), second: Number(found[3] ?? 0) };
}

function numberOf(field: keyof CalendarSpec, text: string): number {
  const short = text.toLowerCase().slice(0, 3);
  const names = field === 'dayOfWeek' ? DAYS : field === 'month' ? MONTHS : [];
  const named = names.indexOf(short);
  if (named >= 0) return field === 'month' ? named + 1 : named;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--calendar ${field} must be a whole number, not '${text}'`, HELP);
}
