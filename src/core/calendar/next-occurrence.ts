import { createHash } from 'node:crypto';
import { parseDuration } from '../duration.ts';
import { nextCalendar, nextCron } from './cron.ts';
import type { ScheduleSpec } from './schedule-spec.ts';

/**
 * The first occurrence of a checked spec strictly after an instant.
 * @param after milliseconds since the epoch
 * @param anchor where an interval without `startAt` is counted from: the schedule's creation
 * @returns milliseconds since the epoch, without jitter; null if there is none any more
 */
export function nextOccurrence(spec: ScheduleSpec, after: number, anchor: number): number | null {
  const start = spec.startAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  const from = Math.max(after, start - 1);
  const next = nextOfKind(spec, from, anchor);
  return next === null || next >= (spec.endAt?.getTime() ?? Number.POSITIVE_INFINITY) ? null : next;
}

/** All occurrences in [from, to), earliest first, at most `limit`. */
export function occurrencesBetween(
  spec: ScheduleSpec,
  from: number,
  to: number,
  limit: number,
  anchor: number,
): number[] {
  const found: number[] = [];
  let next = nextOccurrence(spec, from - 1, anchor);
  while (next !== null && next < to && found.length < limit) {
    found.push(next);
    next = nextOccurrence(spec, next, anchor);
  }
  return found;
}

/**
 * How much later an occurrence fires: derived from schedule and occurrence, so that every scheduler
 * comes to the same instant. Milliseconds, from 0 up to the spec's jitter.
 * @param room no occurrence is delayed by more: the time to the one behind it. Default: no limit.
 */
export function jitterOf(
  spec: ScheduleSpec,
  scheduleId: string,
  occurrence: number,
  room = Number.POSITIVE_INFINITY,
): number {
  if (spec.jitter === undefined) return 0;
  const digest = createHash('sha256').update(`${scheduleId}@${occurrence}`).digest();
  const most = Math.min(parseDuration(spec.jitter), room);
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * most);
}

/**
 * When an occurrence fires: its own time and its jitter, always before the occurrence behind it, so
 * that occurrences fire in order.
 */
export function fireTimeOf(
  spec: ScheduleSpec,
  scheduleId: string,
  occurrence: number,
  anchor: number,
): number {
  if (spec.jitter === undefined) return occurrence;
  const following = nextOccurrence(spec, occurrence, anchor) ?? Number.POSITIVE_INFINITY;
  return occurrence + jitterOf(spec, scheduleId, occurrence, following - occurrence);
}

/**
 * The occurrences in the past of a schedule, those before its creation included: an interval is
 * continued backwards, everything else has no beginning.
 * @param from inclusive; `to` is exclusive
 */
export function pastOccurrences(
  spec: ScheduleSpec,
  from: number,
  to: number,
  limit: number,
  anchor: number,
): number[] {
  let first = anchor;
  if (spec.interval !== undefined && spec.startAt === undefined && from < anchor) {
    const every = parseDuration(spec.interval);
    first -= Math.ceil((anchor - from) / every) * every;
  }
  return occurrencesBetween(spec, from, to, limit, first);
}

function nextOfKind(spec: ScheduleSpec, from: number, anchor: number): number | null {
  const zone = spec.timezone ?? 'UTC';
  if (spec.at !== undefined) return spec.at.getTime() > from ? spec.at.getTime() : null;
  if (spec.interval !== undefined) {
    return nextOfInterval(parseDuration(spec.interval), spec.startAt?.getTime() ?? anchor, from);
  }
  if (spec.cron !== undefined) return nextCron(spec.cron, zone, from);
  const candidates = (spec.calendar ?? []).map((calendar) => nextCalendar(calendar, zone, from));
  return candidates.reduce(
    (best, next) => (best === null || (next !== null && next < best) ? next : best),
    null,
  );
}

/** The series starts at its first instant, as users of intervals expect, and never drifts. */
function nextOfInterval(every: number, first: number, from: number): number {
  if (from < first) return first;
  return first + (Math.floor((from - first) / every) + 1) * every;
}
