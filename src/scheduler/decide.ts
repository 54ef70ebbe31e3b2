import { fireTimeOf, nextOccurrence } from '../core/calendar/next-occurrence.ts';
import { specFromJson } from '../core/calendar/spec-json.ts';
import { formatDuration } from '../core/duration.ts';
import type { ScheduleRecord } from '../core/schedule.ts';

/** An occurrence that fires later than this has been missed, milliseconds. */
export const GRACE_MS = 60_000;
/** Runs of one commit. */
export const BATCH = 100;
/** Occurrences of one decision, those that start nothing included. */
const MOST_LOOKED_AT = 10_000;
/** Occurrences between two breaths of the event loop; a hundred take some ten milliseconds. */
const BREATH = 100;

/** What becomes of the due occurrences of a schedule, up to `decidedThrough`. */
export interface Decision {
  /** Those that start a run, earliest first, `BATCH` at most. */
  readonly starts: readonly number[];
  readonly skips: readonly Skip[];
  readonly decidedThrough: number;
  /** When to decide again, in the past if there is more to decide; null for never. */
  readonly nextRunAt: number | null;
}

/** Occurrences in a row that start nothing, for the same reason. */
export interface Skip {
  readonly reason: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/**
 * Decides by the catch-up policy; nothing is read or written. What is late by no more than the grace
 * always starts, as no two looks of a scheduler are less than a moment apart.
 * @param now milliseconds since the epoch
 */
export async function decide(schedule: ScheduleRecord, now: number): Promise<Decision> {
  const { scheduleId, createdAt: anchor, catchUpPolicy, catchUpWindow } = schedule;
  const spec = specFromJson(schedule.spec);
  const starts: number[] = [];
  const skips: Skip[] = [];
  let { decidedThrough } = schedule;
  /** The latest of the missed ones so far: it starts unless another one follows. */
  let held: number | null = null;

  const following = (after: number) => {
    const at = nextOccurrence(spec, after, anchor);
    return at === null ? null : { at, firesAt: fireTimeOf(spec, scheduleId, at, anchor) };
  };
  let next = following(decidedThrough);
  const isDue = () => next !== null && next.firesAt <= now;

  for (let looked = 1; next !== null && isDue() && starts.length < BATCH; looked++) {
    if (looked > MOST_LOOKED_AT) break;
    if (looked % BREATH === 0) await new Promise((resolve) => setImmediate(resolve));
    if (held !== null) addSkip(skips, held, REASONS.one);
    decidedThrough = held ?? decidedThrough;
    held = null;
    const { at, firesAt } = next;
    const late = now - firesAt;
    if (late > GRACE_MS && catchUpPolicy === 'one' && !isTooOld(late, catchUpWindow)) {
      held = at;
    } else {
      const reason = late > GRACE_MS ? reasonToSkip(late, schedule) : null;
      if (reason === null) starts.push(at);
      else addSkip(skips, at, reason);
      decidedThrough = at;
    }
    next = following(at);
  }
  if (held === null) return { starts, skips, decidedThrough, nextRunAt: next?.firesAt ?? null };
  if (!isDue()) {
    const nextRunAt = next?.firesAt ?? null;
    return { starts: [...starts, held], skips, decidedThrough: held, nextRunAt };
  }
  // Whether it is the latest is for the next decision to see.
  return { starts, skips, decidedThrough, nextRunAt: held };
}

const REASONS = {
  one: "it was missed while no scheduler ran, and the catch-up policy 'one' makes up for the latest only",
  none: "it was missed while no scheduler ran, and the catch-up policy 'none' makes up for nothing",
};

function reasonToSkip(late: number, schedule: ScheduleRecord): string | null {
  const { catchUpPolicy, catchUpWindow } = schedule;
  if (catchUpPolicy === 'none') return REASONS.none;
  if (catchUpWindow === null || late <= catchUpWindow) return null;
  return `it was missed while no scheduler ran, by more than the catch-up window of ${formatDuration(catchUpWindow)}`;
}

function isTooOld(late: number, window: number | null): boolean {
  return window !== null && late > window;
}

function addSkip(skips: Skip[], at: number, reason: string): void {
  const last = skips.at(-1);
  if (last?.reason !== reason) skips.push({ reason, first: at, last: at, count: 1 });
  else skips[skips.length - 1] = { ...last, last: at, count: last.count + 1 };
}
