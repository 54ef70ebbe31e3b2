import { Cron } from 'croner';
import { messageOf } from '../errors.ts';
import type { CalendarSpec } from './schedule-spec.ts';

/**
 * The wall-clock rules of all schedules, by one library on every runtime:
 *
 * - A wall time that a zone skips (clocks go forward) fires at the first instant after the gap.
 * - A wall time that occurs twice (clocks go back) fires the first time only.
 * - A pattern that fires within every hour goes on through the repeated hour, as time does.
 */
export function nextCron(pattern: string, zone: string, after: number): number | null {
  return cron(pattern, zone, false).nextRun(new Date(after))?.getTime() ?? null;
}

/** What is wrong with a pattern, or undefined. */
export function cronProblem(pattern: string, zone: string): string | undefined {
  const fields = pattern.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6 && !pattern.startsWith('@')) {
    return `'${pattern}' has ${fields} fields; it needs five, or six with seconds first`;
  }
  try {
    if (cron(pattern, zone, false).nextRun() === null) return `'${pattern}' never fires`;
    return undefined;
  } catch (error) {
    return `'${pattern}' is no cron pattern: ${messageOf(error).replace(/^CronPattern: /, '')}`;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A calendar entry is a cron pattern whose two day fields must both match. */
export function nextCalendar(spec: CalendarSpec, zone: string, after: number): number | null {
  const { second = 0, minute = 0, hour = 0, dayOfMonth = '*', month = '*', dayOfWeek = '*' } = spec;
  const pattern = `${second} ${minute} ${hour} ${dayOfMonth} ${month} ${dayOfWeek}`;
  return cron(pattern, zone, true).nextRun(new Date(after))?.getTime() ?? null;
}

// Parsing a pattern costs as much as a hundred occurrences of it.
const parsed = new Map<string, Cron>();

/** @param bothDays day of month and day of week must both match; in cron, either does. */
function cron(pattern: string, zone: string, bothDays: boolean): Cron {
  const key = `${zone} ${bothDays} ${pattern}`;
  let found = parsed.get(key);
  if (found === undefined) {
    found = new Cron(pattern, { timezone: zone, domAndDow: bothDays });
    if (parsed.size > 500) parsed.clear();
    parsed.set(key, found);
  }
  return found;
}
