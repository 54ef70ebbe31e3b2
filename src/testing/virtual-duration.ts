import { type Duration, parseDuration } from '../core/duration.ts';

const YEARS = /^(\d+(?:\.\d+)?)y$/;
const DAY_MS = 86_400_000;

/**
 * As everywhere in the package, and `'1y'`, a year of 365 days. @returns milliseconds
 * @throws ValidationError
 */
export function parseVirtualDuration(duration: Duration): number {
  const years = typeof duration === 'string' ? YEARS.exec(duration)?.[1] : undefined;
  return years === undefined ? parseDuration(duration) : Number(years) * 365 * DAY_MS;
}
