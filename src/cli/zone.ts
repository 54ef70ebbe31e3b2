import { isoTime } from '../core/clock.ts';

/** What the clocks of a time zone show, by the rules that Node knows. */

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant, milliseconds. */
export function offsetAt(zone: string, instant: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const part = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>;
  const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return wall - Math.floor(instant / 1000) * 1000;
}

/** `-05:00` */
export function offsetText(offset: number): string {
  const minutes = Math.abs(Math.round(offset / 60_000));
  const two = (number: number) => String(number).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `2026-03-08T03:30:00` as the zone's clocks show it, without the offset. */
export function wallTime(zone: string, instant: number): string {
  return isoTime(instant + offsetAt(zone, instant)).slice(0, 19);
}

/** The instant at which a zone's clocks show this; the first one if they do so twice. */
export function instantOfWall(zone: string, wall: string): number {
  const asUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUtc)) return asUtc;
  const day = 86_400_000;
  const offsets = [offsetAt(zone, asUtc - day), offsetAt(zone, asUtc + day)];
  const fitting = offsets
    .map((offset) => asUtc - offset)
    .filter((instant) => instant + offsetAt(zone, instant) === asUtc);
  if (fitting.length > 0) return Math.min(...fitting);
  // A time that is skipped means the first instant behind the gap, as in schedules.
  return clockChange(zone, asUtc - day, asUtc + day)?.at ?? asUtc;
}

/** The first change of a zone's clocks in (from, to], or null: `by` is positive for a gap. */
export function clockChange(
  zone: string,
  from: number,
  to: number,
): { readonly at: number; readonly by: number } | null {
  const before = offsetAt(zone, from);
  const by = offsetAt(zone, to) - before;
  if (by === 0) return null;
  let [low, high] = [from, to];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return { at: Math.floor(high / 1000) * 1000, by };
}
