import type { RegisteredWorker } from '../../client/client.ts';
import { specFromJson } from '../../core/calendar/spec-json.ts';
import { isoTime } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import type { RunSummary } from '../../core/run.ts';
import type { OverlapPolicy, ScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import { relative } from '../output/time.ts';
import type { Finding } from './finding.ts';

/** A scheduler looks every five seconds: what is late by more has none. */
const LATE_MS = 15_000;

export interface ScheduleFacts {
  readonly schedule: ScheduleRecord;
  readonly log: readonly ScheduleEvent[];
  readonly workers: readonly RegisteredWorker[];
  /** Of its runs, those that have not ended, newest first. */
  readonly active: readonly RunSummary[];
  readonly now: number;
}

/** What keeps a schedule from starting its next run, or that run from going on. */
export function obstaclesOf(facts: ScheduleFacts): readonly Finding[] {
  const { schedule, workers } = facts;
  const found = [ofStatus(facts), ...ofRuns(facts)].filter((finding) => finding !== null);
  if (schedule.status !== 'deleted' && !workers.some(({ isAlive }) => isAlive)) {
    found.push({
      kind: 'no_worker',
      tone: 'trouble',
      message: 'No worker is alive: nothing fires it, and nothing executes its runs',
      commands: ['pyworkflow worker run'],
    });
  }
  return found;
}

function ofStatus({ schedule, log, now }: ScheduleFacts): Finding | null {
  const { scheduleId, status, nextRunAt, pausedAt } = schedule;
  if (status === 'deleted') {
    return {
      kind: 'deleted',
      tone: 'trouble',
      message: `It was deleted${reasonIn(log, 'schedule.deleted')}: nothing fires any more`,
      commands: [],
    };
  }
  if (status === 'paused') {
    const since =
      pausedAt === null ? '' : ` since ${isoTime(pausedAt)} (${relative(pausedAt, now)})`;
    return {
      kind: 'paused',
      tone: 'trouble',
      message: `It is paused${since}${reasonIn(log, 'schedule.paused')}`,
      commands: [`pyworkflow schedules resume ${scheduleId}`],
    };
  }
  if (nextRunAt === null) {
    const end = specFromJson(schedule.spec).endAt;
    const when = end === undefined ? '' : `: it ended at ${isoTime(end.getTime())}`;
    return {
      kind: 'ended',
      tone: 'trouble',
      message: `Its timing has no occurrence left${when}`,
      commands: [`pyworkflow schedules update ${scheduleId} --no-end`],
    };
  }
  if (now - nextRunAt <= LATE_MS) return null;
  return {
    kind: 'no_scheduler',
    tone: 'trouble',
    message: `It is due since ${formatDuration(now - nextRunAt)}, and no scheduler has looked`,
    commands: ['pyworkflow worker run', 'pyworkflow scheduler run'],
  };
}

function ofRuns({ schedule, active, now }: ScheduleFacts): readonly Finding[] {
  const [newest] = active;
  const oldest = active.at(-1);
  if (newest === undefined || oldest === undefined) return [];
  const since = relative(oldest.startedAt ?? oldest.createdAt, now);
  const others = active.length === 1 ? '' : ` and ${active.length - 1} more`;
  return [
    {
      kind: 'active_run',
      tone: schedule.overlapPolicy === 'allow_all' ? 'fine' : 'wait',
      message: `Run ${oldest.runId} is ${oldest.status}, begun ${since}${others}: ${MEANING[schedule.overlapPolicy]}`,
      commands: [`pyworkflow runs explain ${oldest.runId}`],
    },
  ];
}

const MEANING: Readonly<Record<OverlapPolicy, string>> = {
  skip: 'while it is active, occurrences are skipped (overlap skip)',
  buffer_one: 'one occurrence waits for it, more are skipped (overlap buffer_one)',
  buffer_all: 'occurrences wait for it in turn (overlap buffer_all)',
  cancel_other: 'the next occurrence cancels it (overlap cancel_other)',
  allow_all: 'occurrences run beside it (overlap allow_all)',
};

function reasonIn(
  log: readonly ScheduleEvent[],
  type: 'schedule.paused' | 'schedule.deleted',
): string {
  const event = log.findLast((entry) => entry.type === type);
  const { reason } = (event?.data ?? {}) as { reason?: string | null };
  return reason ? `: ${reason}` : '';
}
