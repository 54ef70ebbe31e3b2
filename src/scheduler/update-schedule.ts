import { isDeepStrictEqual } from 'node:util';
import type { ResolvedPolicies } from '../core/calendar/schedule-policies.ts';
import { specFromJson, specToJson } from '../core/calendar/spec-json.ts';
import { isoTime } from '../core/clock.ts';
import type { Json } from '../core/json.ts';
import { newScheduleEvent, type ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { changeSchedule, type ScheduleChange } from './save-schedule.ts';
import { checkItFires, mergeSpec, nextRunAfter, type SpecChanges } from './timing.ts';

/** What is undefined stays as it is. */
export interface ScheduleUpdate {
  readonly spec?: SpecChanges | undefined;
  readonly policies?: Partial<ResolvedPolicies> | undefined;
  /** Encoded. */
  readonly input?: Json | undefined;
  readonly metadata?: { readonly [key: string]: Json } | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly definition?: string | undefined;
  /** Accept a timing that never fires again. Default false. */
  readonly mayHaveEnded?: boolean | undefined;
}

/**
 * Changes a schedule; with a new timing its occurrences are counted from now on. A paused one stays
 * paused.
 * @param now milliseconds since the epoch
 * @throws ScheduleNotFoundError, ValidationError for a timing that is wrong or never fires again
 */
export async function updateSchedule(
  executor: Executor,
  scheduleId: string,
  update: ScheduleUpdate,
  now: number,
): Promise<void> {
  await changeSchedule(executor, scheduleId, (schedule) => changeOf(schedule, update, now));
}

function changeOf(
  schedule: ScheduleRecord,
  { spec: specChanges, policies, mayHaveEnded = false, ...rest }: ScheduleUpdate,
  now: number,
): ScheduleChange | null {
  const old = specFromJson(schedule.spec);
  const spec = mergeSpec(old, specChanges ?? {});
  if (specChanges !== undefined && !mayHaveEnded) checkItFires(spec, now, schedule.createdAt);
  const wanted = defined({ spec: specToJson(spec), ...policies, ...rest });
  const changed = Object.fromEntries(
    Object.entries(wanted).filter(
      ([key, value]) => !isDeepStrictEqual(value, schedule[key as keyof ScheduleRecord]),
    ),
  ) as Partial<ScheduleRecord>;
  if (Object.keys(changed).length === 0) return null;

  const state: { -readonly [K in keyof ScheduleRecord]?: ScheduleRecord[K] } = {
    ...changed,
    updatedAt: now,
  };
  if (changed.spec !== undefined) {
    // An occurrence that only its jitter holds back is still to come.
    const sameTimes = isDeepStrictEqual(timesOf(schedule.spec), timesOf(changed.spec));
    const decidedThrough = sameTimes ? schedule.decidedThrough : now;
    const { scheduleId, createdAt } = schedule;
    state.decidedThrough = decidedThrough;
    if (schedule.status === 'active')
      state.nextRunAt = nextRunAfter(spec, scheduleId, decidedThrough, createdAt);
  }
  const event = newScheduleEvent('schedule.updated', now, {
    changes: shown(changed),
    updated_at: isoTime(now),
  });
  return { state, events: [event] };
}

function timesOf(spec: Json): Json {
  return { ...(spec as { readonly [key: string]: Json }), jitter: null };
}

const SHOWN: { readonly [K in keyof ScheduleRecord]?: string } = {
  spec: 'spec',
  overlapPolicy: 'overlap_policy',
  catchUpPolicy: 'catch_up',
  catchUpWindow: 'catch_up_window_ms',
  input: 'input',
  metadata: 'metadata',
  tags: 'tags',
};

/** The new values, by the names users see. */
function shown(changed: Partial<ScheduleRecord>): Json {
  const entries = Object.entries(changed).map(([key, value]) => [
    SHOWN[key as keyof ScheduleRecord],
    value,
  ]);
  return Object.fromEntries(entries.filter(([name]) => name !== undefined));
}

function defined<T extends object>(value: T): Partial<T> {
  const kept = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(kept) as Partial<T>;
}
