import type { Client } from '../../../client/client.ts';
import { isoTime } from '../../../core/clock.ts';
import { PyWorkflowError } from '../../../core/errors.ts';
import type { RunStatus } from '../../../core/run.ts';
import type { ScheduleRecord } from '../../../core/schedule.ts';
import type { Cli } from '../../cli-context.ts';
import { findingJson, printFindings } from '../../explain/finding.ts';
import { obstaclesOf, type ScheduleFacts } from '../../explain/schedule-obstacles.ts';
import { type Fate, fateOf, latestOccurrences } from '../../explain/schedule-past.ts';
import { findSchedule } from '../../find-schedule.ts';
import { relative } from '../../output/time.ts';
import { instant } from '../../parse-time.ts';
import { timeIn } from '../../schedule-timing.ts';
import { fateJson, fateListing, plainFateListing, type ShownFate } from '../../views/fate-view.ts';
import { localText } from '../../views/preview-view.ts';
import { scheduleBriefJson, specText } from '../../views/schedule-view.ts';
import { wholeLog } from './logs.ts';

export interface ExplainScheduleFlags {
  readonly at?: string;
  readonly count?: number;
}

const UNENDED: readonly RunStatus[] = ['pending', 'running', 'suspended', 'interrupted'];

/** Why it ran or did not run at its last times, what is in the way now, and when it runs next. */
export async function explainSchedule(
  cli: Cli,
  id: string,
  { at, count = 10 }: ExplainScheduleFlags,
): Promise<void> {
  const now = cli.clock.now();
  const client = await cli.client();
  const schedule = await findSchedule(client, id);
  const zone = (schedule.spec as { timezone?: string }).timezone ?? 'UTC';
  const asked = askedTime(at, now, zone);
  const facts = await gather(client, schedule, now);
  const before = asked === undefined ? now + 1 : Math.min(now, asked) + 1;
  const times = latestOccurrences(schedule, before, count);
  const shownTimes =
    asked === undefined ? times.filter((time) => time > schedule.createdAt) : times;
  const fates = await Promise.all(
    shownTimes.map((time) => withRun(client, fateOf(schedule, facts.log, time, now), zone)),
  );
  const obstacles = obstaclesOf(facts);
  const next =
    schedule.status === 'active'
      ? (await client.schedules.preview(schedule.scheduleId, 1))[0]
      : undefined;
  const answer = asked === undefined ? null : answerFor(asked, fates, zone, now);
  const { output } = cli;
  if (output.format === 'json') {
    output.result({
      json: {
        ...scheduleBriefJson(schedule),
        timezone: zone,
        asked_time: asked === undefined ? null : isoTime(asked),
        answer,
        occurrences: fates.map(fateJson),
        in_the_way: obstacles.map(findingJson),
        next_scheduled_time: next === undefined ? null : isoTime(next.scheduledAt),
        workers_alive: facts.workers.filter(({ isAlive }) => isAlive).length,
      },
      plain: null,
      table: null,
    });
    return;
  }
  if (output.format === 'plain') return output.list(fates, plainFateListing);
  const { bold } = output.show.style;
  output.raw(`${bold(schedule.scheduleId)}  ${schedule.workflowName}  ${specText(schedule)}\n\n`);
  if (answer !== null) output.raw(`${answer}\n\n`);
  if (fates.length === 0) output.raw(`${fateListing.empty}\n`);
  else await output.list(fates, fateListing);
  if (obstacles.length > 0) output.raw(`\n${bold('In the way now')}\n`);
  printFindings(cli, obstacles);
  if (next === undefined) return;
  const when = `${localText(zone, next.scheduledAt)}, ${relative(next.firesAt, now)}`;
  output.raw(`\n${bold('Next')}  ${when}\n`);
}

function askedTime(text: string | undefined, now: number, zone: string): number | undefined {
  if (text === undefined) return undefined;
  const time = timeIn(zone, text);
  return Number.isNaN(time) ? instant('--at', text, now) : time;
}

async function gather(
  client: Client,
  schedule: ScheduleRecord,
  now: number,
): Promise<ScheduleFacts> {
  const { scheduleId } = schedule;
  const [log, workers, { items: active }] = await Promise.all([
    wholeLog(client, scheduleId),
    client.workers.list(),
    client.runs.list({ scheduleId, statuses: UNENDED, limit: 100 }),
  ]);
  return { schedule, log, workers, active, now };
}

async function withRun(client: Client, fate: Fate, zone: string): Promise<ShownFate> {
  if (fate.runId === null) return { ...fate, zone, runStatus: null };
  const run = await client.runs.get(fate.runId).catch((error: unknown) => {
    // It has been pruned since.
    if (PyWorkflowError.is(error, 'RUN_NOT_FOUND')) return null;
    throw error;
  });
  return { ...fate, zone, runStatus: run?.status ?? null };
}

/** What somebody who names a time wants to hear. */
function answerFor(asked: number, fates: readonly ShownFate[], zone: string, now: number): string {
  const when = localText(zone, asked);
  if (asked > now) return `${when} is still to come.`;
  const fate = fates.find(({ scheduledAt }) => scheduledAt === asked);
  if (fate === undefined) {
    const last = fates.at(-1);
    const nearest =
      last === undefined ? '' : `; the last time before is ${localText(zone, last.scheduledAt)}`;
    return `Its timing has no occurrence at ${when}${nearest}.`;
  }
  if (fate.outcome === 'started') {
    const status = fate.runStatus === null ? '' : `, which is ${fate.runStatus}`;
    return `It did run at ${when}: as ${fate.runId}${status}.`;
  }
  return `It did not run at ${when} (${fate.outcome.replace('_', ' ')}): ${fate.reason}.`;
}
