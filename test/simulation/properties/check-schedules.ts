import type { ScheduleEvent, ScheduleRecord } from '../../../src/core/schedule.ts';
import { occurrenceRunId } from '../../../src/scheduler/occurrence.ts';
import type { ScheduleScript } from '../run/script-schedule.ts';
import type { World } from '../world/world.ts';
import type { Facts, FinalRun } from './facts.ts';

/** Every occurrence has got one run or one reason, and the statistics count what has happened. */
export async function checkSchedules(
  world: World,
  facts: Facts,
  scripts: readonly ScheduleScript[],
): Promise<void> {
  for (const script of scripts) {
    const { scheduleId } = script;
    const schedule = await world.hub.store.getSchedule(scheduleId);
    if (schedule === null) {
      world.violate(`${scheduleId} is not there`);
      continue;
    }
    const events = await world.hub.store.readScheduleEvents(scheduleId);
    const runs = facts.runs.filter(({ run }) => run.scheduleId === scheduleId);
    const complain = (what: string) => world.violate(`${scheduleId}: ${what}`);
    checkOccurrences(script, schedule, events, facts, complain);
    checkStatistics(schedule, events, runs, complain);
  }
}

type Complain = (what: string) => void;

function checkOccurrences(
  { intervalMs, backfillAt }: ScheduleScript,
  { scheduleId, createdAt, decidedThrough }: ScheduleRecord,
  events: readonly ScheduleEvent[],
  facts: Facts,
  complain: Complain,
): void {
  const skips = events.filter((event) => event.type === 'schedule.skipped');
  const triggers = events.filter((event) => event.type === 'schedule.triggered');
  const isDue = (at: number) => (at - createdAt) % intervalMs === 0;
  for (let at = createdAt + intervalMs; at <= decidedThrough; at += intervalMs) {
    const runId = occurrenceRunId(scheduleId, at);
    const runs = facts.byId(runId) === undefined ? 0 : 1;
    const told = triggers.filter(({ data }) => data.workflow_run_id === runId).length;
    const skipped = skips.filter(
      ({ data }) => Date.parse(data.scheduled_time) <= at && at <= Date.parse(data.until),
    );
    if (runs !== told) complain(`occurrence ${at}: ${runs} runs, ${told} of them in the log`);
    // A backfill may make up for what was skipped, or be refused beside a run.
    const fine = backfillAt === null ? runs + skipped.length === 1 : runs + skipped.length >= 1;
    if (!fine) complain(`occurrence ${at}: ${runs} runs and ${skipped.length} reasons`);
    if (skipped.some(({ data }) => data.reason === '')) complain(`occurrence ${at}: no reason`);
  }
  for (const { data } of skips) {
    const [first, last] = [Date.parse(data.scheduled_time), Date.parse(data.until)];
    const count = isDue(first) ? (last - first) / intervalMs + 1 : 1;
    if (data.count !== count) complain(`${data.count} skipped instead of ${count}`);
  }
  const sequences = events.map(({ sequence }) => sequence);
  if (sequences.some((sequence, index) => sequence !== index + 1)) complain('its log has gaps');
}

function checkStatistics(
  { statistics }: ScheduleRecord,
  events: readonly ScheduleEvent[],
  runs: readonly FinalRun[],
  complain: Complain,
): void {
  const ended = (status: string) => runs.filter(({ run }) => run.status === status).length;
  const skips = events.flatMap((event) => (event.type === 'schedule.skipped' ? [event] : []));
  const facts = {
    total: runs.filter(({ run }) => run.continuedFromRunId === null).length,
    successful: ended('completed'),
    failed: ended('failed'),
    cancelled: ended('cancelled'),
    skipped: skips.reduce((sum, { data }) => sum + data.count, 0),
  };
  const [said, counted] = [statistics, facts].map((side) =>
    JSON.stringify(Object.entries(side).sort()),
  );
  if (said !== counted) complain(`says ${said}, counted ${counted}`);
}
