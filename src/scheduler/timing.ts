import { fireTimeOf, nextOccurrence } from '../core/calendar/next-occurrence.ts';
import {
  checkScheduleSpec,
  type ScheduleSpec,
  SPEC_KINDS,
} from '../core/calendar/schedule-spec.ts';
import { isoTime } from '../core/clock.ts';
import { ValidationError } from '../core/errors.ts';

/** When the first occurrence after an instant fires, milliseconds since the epoch; null for never. */
export function nextRunAfter(
  spec: ScheduleSpec,
  scheduleId: string,
  after: number,
  anchor: number,
): number | null {
  const next = nextOccurrence(spec, after, anchor);
  return next === null ? null : fireTimeOf(spec, scheduleId, next, anchor);
}

/** @throws ValidationError for a spec that is wrong, or has no occurrence after an instant */
export function checkItFires(spec: ScheduleSpec, after: number, anchor: number): void {
  checkScheduleSpec(spec);
  if (nextOccurrence(spec, after, anchor) !== null) return;
  const [path, message] =
    spec.at !== undefined && spec.at.getTime() <= after
      ? ['at', `${isoTime(spec.at.getTime())} has passed`]
      : ['', `has no occurrence after ${isoTime(after)}`];
  throw new ValidationError('The schedule', [{ path, message }]);
}

/** `null` takes a part away, `undefined` leaves it. */
export type SpecChanges = {
  readonly [K in keyof ScheduleSpec]?: ScheduleSpec[K] | null | undefined;
};

/** What is not mentioned stays; a new kind of timing takes the place of the old one. */
export function mergeSpec(spec: ScheduleSpec, changes: SpecChanges): ScheduleSpec {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const isKind = (key: string) => SPEC_KINDS.some((kind) => kind === key);
  const hasNewKind = given.some(([key, value]) => isKind(key) && value !== null);
  const kept = Object.entries(spec).filter(([key]) => !(hasNewKind && isKind(key)));
  const merged = Object.entries({ ...Object.fromEntries(kept), ...Object.fromEntries(given) });
  return Object.fromEntries(merged.filter(([, value]) => value !== null));
}
