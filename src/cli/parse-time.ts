import { parseDuration } from '../core/duration.ts';
import { UsageError } from './usage-error.ts';

/** Milliseconds of `30s`, `1h30m` or a number of seconds; undefined for a flag that was not given. */
export function milliseconds(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parseDuration(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  } catch {
    const what = 'a duration like 30s, 5m or 1h30m, or a number of seconds';
    throw new UsageError(`${flag} must be ${what}, not '${text}'`);
  }
}

/**
 * Milliseconds since the epoch: `1h` means an hour ago, else a date or a time, UTC where it names
 * no offset; undefined for a flag that was not given.
 */
export function instant(flag: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const time = /^\d+(\.\d+)?[a-z]/i.test(text) ? ago(text, now) : dateTime(text);
  if (!Number.isNaN(time)) return time;
  const what = 'like 1h (ago), 2026-11-22 or 2026-11-22T14:00:00Z';
  throw new UsageError(`${flag} must be ${what}, not '${text}'`);
}

function ago(text: string, now: number): number {
  try {
    return now - parseDuration(text);
  } catch {
    return Number.NaN;
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

function dateTime(text: string): number {
  const found = DATE.exec(text);
  if (!found) return Number.NaN;
  const isLocal = found[1] !== undefined && found[4] === undefined;
  return Date.parse(text.replace(' ', 'T') + (isLocal ? 'Z' : ''));
}
