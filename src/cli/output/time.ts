import ms from 'ms';
import { isoTime } from '../../core/clock.ts';

/** `3m ago`, `in 2h`. */
export function relative(instant: number, now: number): string {
  const distance = instant - now;
  if (Math.abs(distance) < 1000) return 'now';
  return distance < 0 ? `${ms(-distance)} ago` : `in ${ms(distance)}`;
}

/** `14:03:07.120`, in the reader's time zone. */
export function clockTime(instant: number): string {
  const date = new Date(instant);
  const [h, m, s] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  return `${h}:${m}:${s}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : isoTime(instant);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
