import { fireTimeOf, pastOccurrences } from '../../core/calendar/next-occurrence.ts';
import { specFromJson } from '../../core/calendar/spec-json.ts';
import { isoTime } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import type { ScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';

/** What has become of one occurrence. */
export interface Fate {
  /** Milliseconds since the epoch. */
  readonly scheduledAt: number;
  readonly outcome:
    | 'started'
    | 'skipped'
    | 'paused'
    | 'undecided'
    | 'held_back'
    | 'other_timing'
    | 'before_creation'
    | 'unknown';
  readonly reason: string | null;
  readonly runId: string | null;
  readonly startedAt: number | null;
}

const MINUTE = 60_000;
const LONGEST_LOOK_BACK = 40 * 365 * 86_400_000;
const MOST = 100_000;

/** The latest occurrences before an instant, oldest first. */
export function latestOccurrences(
  { spec: json, createdAt }: ScheduleRecord,
  before: number,
  count: number,
): readonly number[] {
  const spec = specFromJson(json);
  for (let span = MINUTE; ; span *= 2) {
    const found = pastOccurrences(spec, before - span, before, MOST, createdAt);
    if (found.length >= count || span > LONGEST_LOOK_BACK) return found.slice(-count);
  }
}

/** @param log the schedule's own, in order */
export function fateOf(
  schedule: ScheduleRecord,
  log: readonly ScheduleEvent[],
  scheduledAt: number,
  now: number,
): Fate {
  const fate = (outcome: Fate['outcome'], reason: string | null): Fate => {
    return { scheduledAt, outcome, reason, runId: null, startedAt: null };
  };
  const time = isoTime(scheduledAt);
  for (const { type, data, timestamp } of log) {
    if (type === 'schedule.triggered' && data.scheduled_time === time) {
      const started = { runId: data.workflow_run_id, startedAt: timestamp };
      const late = timestamp - scheduledAt;
      const reason = late > MINUTE ? `${formatDuration(late)} late` : null;
      return { scheduledAt, outcome: 'started', reason, ...started };
    }
    if (type === 'schedule.skipped' && data.scheduled_time <= time && time <= data.until) {
      return fate('skipped', data.reason);
    }
  }
  if (scheduledAt <= schedule.createdAt) {
    return fate('before_creation', `the schedule was created at ${isoTime(schedule.createdAt)}`);
  }
  const state = stateAt(log, scheduledAt);
  if (state.paused !== null) {
    const { reason, timestamp } = state.paused;
    return fate('paused', `paused since ${isoTime(timestamp)}${reason ? `: ${reason}` : ''}`);
  }
  const changed = lastChangeOfTiming(log);
  if (changed !== null && changed > scheduledAt) {
    return fate('other_timing', `the timing was changed at ${isoTime(changed)}`);
  }
  if (scheduledAt > schedule.decidedThrough && schedule.status === 'active') {
    const firesAt = fireTimeOf(
      specFromJson(schedule.spec),
      schedule.scheduleId,
      scheduledAt,
      schedule.createdAt,
    );
    if (firesAt > now) return fate('held_back', `by its jitter, until ${isoTime(firesAt)}`);
    return fate('undecided', 'no scheduler has looked since');
  }
  const first = log[0];
  if (first !== undefined && first.sequence > 1 && first.timestamp > scheduledAt) {
    return fate('unknown', 'the log reaches no further back');
  }
  return fate('unknown', 'the log says nothing about it');
}

/** Whether the schedule was paused at an instant. */
function stateAt(log: readonly ScheduleEvent[], instant: number) {
  let paused: { readonly reason: string | null; readonly timestamp: number } | null = null;
  for (const { type, data, timestamp } of log) {
    if (timestamp > instant) break;
    if (type === 'schedule.paused' || type === 'schedule.deleted') {
      paused = { reason: data.reason, timestamp };
    } else if (type === 'schedule.resumed') paused = null;
  }
  return { paused };
}

function lastChangeOfTiming(log: readonly ScheduleEvent[]): number | null {
  const change = log.findLast(
    ({ type, data }) =>
      type === 'schedule.updated' && Object.hasOwn((data as { changes: object }).changes, 'spec'),
  );
  return change?.timestamp ?? null;
}
