import { fireTimeOf, nextOccurrence } from '../core/calendar/next-occurrence.ts';
import type { ScheduleSpec } from '../core/calendar/schedule-spec.ts';
import { specFromJson } from '../core/calendar/spec-json.ts';
import { parseDuration } from '../core/duration.ts';
import type { ScheduleRecord } from '../core/schedule.ts';

/** Milliseconds since the epoch. */
export interface PreviewedOccurrence {
  readonly scheduledAt: number;
  /** Later by the jitter; without a schedule there is no telling by how much. */
  readonly firesAt: number;
}

/** The next occurrences of a checked spec from now on. */
export function previewSpec(spec: ScheduleSpec, count: number, now: number): PreviewedOccurrence[] {
  return collect(spec, now - 1, now, count, (at) => at);
}

/** The next occurrences of a schedule that will fire; of a paused one, as if it was resumed now. */
export function previewSchedule(
  { scheduleId, status, spec: json, decidedThrough, createdAt }: ScheduleRecord,
  count: number,
  now: number,
): PreviewedOccurrence[] {
  const spec = specFromJson(json);
  // What the jitter holds back is still to come.
  const held = now - (spec.jitter === undefined ? 0 : parseDuration(spec.jitter)) - 1;
  const after = status === 'active' ? Math.max(decidedThrough, held) : now;
  const firesAt = (at: number) => fireTimeOf(spec, scheduleId, at, createdAt);
  return collect(spec, after, createdAt, count, firesAt).filter((next) => next.firesAt >= now);
}

function collect(
  spec: ScheduleSpec,
  after: number,
  anchor: number,
  count: number,
  firesAt: (at: number) => number,
): PreviewedOccurrence[] {
  const found: PreviewedOccurrence[] = [];
  let at = nextOccurrence(spec, after, anchor);
  while (at !== null && found.length < count) {
    found.push({ scheduledAt: at, firesAt: firesAt(at) });
    at = nextOccurrence(spec, at, anchor);
  }
  return found;
}
