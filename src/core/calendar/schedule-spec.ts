import { type Duration, durationProblem } from '../duration.ts';
import { ValidationError, type ValidationIssue } from '../errors.ts';
import { cronProblem, isTimeZone } from './cron.ts';

/** Fields that must match the wall clock; a missing one matches everything, except the time of day: 0. */
export interface CalendarSpec {
  /** 0–59. Default 0. */
  readonly second?: number;
  /** 0–59. Default 0. */
  readonly minute?: number;
  /** 0–23. Default 0. */
  readonly hour?: number;
  /** 1–31; a month without that day is passed over. */
  readonly dayOfMonth?: number;
  /** 1–12. */
  readonly month?: number;
  /** 0 is Sunday, 6 is Saturday. Together with `dayOfMonth` both must match. */
  readonly dayOfWeek?: number;
}

/** When a schedule fires: exactly one of `cron`, `interval`, `calendar`, `at`. */
export interface ScheduleSpec {
  /** Five fields, or six with seconds first; `L`, `#` and names are understood. */
  readonly cron?: string;
  /** Counted from `startAt`, else from the schedule's creation. */
  readonly interval?: Duration;
  readonly calendar?: readonly CalendarSpec[];
  /** Once, at this instant. */
  readonly at?: Date;
  /** IANA name; cron and calendar fields are read on its wall clock. Default UTC. */
  readonly timezone?: string;
  /** No occurrence before. */
  readonly startAt?: Date;
  /** No occurrence at or after. */
  readonly endAt?: Date;
  /** Each occurrence fires up to this much later, always by the same amount. */
  readonly jitter?: Duration;
}

/** The keys of which a spec has exactly one. */
export const SPEC_KINDS = ['cron', 'interval', 'calendar', 'at'] as const;

const RANGES: Readonly<Record<keyof CalendarSpec, readonly [number, number]>> = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  dayOfWeek: [0, 6],
};

/** @throws ValidationError listing everything that is wrong with it */
export function checkScheduleSpec(spec: ScheduleSpec): void {
  const issues: ValidationIssue[] = [];
  const complain = (path: string, message: string | undefined) => {
    if (message !== undefined) issues.push({ path, message });
  };
  const given = SPEC_KINDS.filter((kind) => spec[kind] !== undefined);
  if (given.length !== 1) {
    complain(
      '',
      `needs exactly one of ${SPEC_KINDS.join(', ')}, has ${given.join(' and ') || 'none'}`,
    );
  }
  const zone = spec.timezone ?? 'UTC';
  if (!isTimeZone(zone)) complain('timezone', `'${zone}' is no IANA time zone`);
  else if (spec.cron !== undefined) complain('cron', cronProblem(spec.cron, zone));
  if (spec.interval !== undefined) complain('interval', positiveDurationProblem(spec.interval));
  if (spec.jitter !== undefined) complain('jitter', durationProblem(spec.jitter));
  if (spec.calendar !== undefined && !Array.isArray(spec.calendar)) {
    complain('calendar', 'must be a list: [{ hour: 9 }]');
  } else {
    for (const [index, calendar] of (spec.calendar ?? []).entries()) {
      complainOfCalendar(calendar, `calendar[${index}]`, complain);
    }
  }
  if (spec.calendar?.length === 0) complain('calendar', 'is empty');
  for (const key of ['at', 'startAt', 'endAt'] as const) {
    if (spec[key] !== undefined && Number.isNaN(spec[key].getTime()))
      complain(key, 'is an invalid Date');
  }
  if (spec.startAt !== undefined && spec.endAt !== undefined && spec.startAt >= spec.endAt) {
    complain('endAt', 'is not after startAt');
  }
  if (issues.length > 0) throw new ValidationError('The schedule', issues);
}

function complainOfCalendar(
  calendar: CalendarSpec,
  path: string,
  complain: (path: string, message: string) => void,
): void {
  for (const [key, value] of Object.entries(calendar)) {
    const range = RANGES[key as keyof CalendarSpec];
    if (range === undefined)
      complain(`${path}.${key}`, `is unknown; known are ${Object.keys(RANGES).join(', ')}`);
    else if (!Number.isInteger(value) || value < range[0] || value > range[1]) {
      complain(
        `${path}.${key}`,
        `must be a whole number from ${range[0]} to ${range[1]}, not ${value}`,
      );
    }
  }
}

function positiveDurationProblem(duration: Duration): string | undefined {
  const problem = durationProblem(duration);
  if (problem !== undefined) return problem;
  return duration === 0 || /^0+\D*$/.test(String(duration))
    ? 'must be longer than nothing'
    : undefined;
}
