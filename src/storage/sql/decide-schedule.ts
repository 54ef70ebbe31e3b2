import type { NewScheduleEvent } from '../../core/schedule.ts';
import { repeatsItself } from '../admission.ts';
import type { Occurrence, SaveSchedule, WriteResult } from '../commit.ts';
import { createInside, noteCreateNeeds } from './decide-create.ts';
import type { ScheduleFact } from './facts.ts';
import { known, type Pass, settle } from './pass.ts';
import { CONFLICT } from './results.ts';

export function saveSchedule(pass: Pass, write: SaveSchedule): WriteResult {
  const { schedule, expectedVersion, occurrences } = write;
  for (const { create } of occurrences) noteCreateNeeds(pass, create);
  const stored = scheduleView(pass, schedule.scheduleId);
  settle(pass);
  const creates = expectedVersion === 0;
  const expected = creates
    ? stored === null || stored.status === 'deleted'
    : stored?.version === expectedVersion;
  if (!expected) return CONFLICT;
  if (occurrences.some(({ create }) => repeatsItself(create))) return CONFLICT;

  const log = [...write.events];
  const { runIds, total, skipped } = start(pass, occurrences, log);
  pass.changes.schedules.push({
    schedule,
    creates: creates ? { version: (stored?.version ?? 0) + 1, replaces: stored !== null } : null,
    log,
    after: stored?.lastSequence ?? 0,
    total,
    skipped: write.skipped + skipped,
  });
  return { outcome: 'committed', runIds };
}

/** As the writes before have left it. */
function scheduleView(pass: Pass, scheduleId: string): ScheduleFact | null {
  const fact = known<ScheduleFact | null>(pass, 'schedules', scheduleId);
  let view = fact;
  for (const { schedule, creates, log, after } of pass.changes.schedules) {
    if (schedule.scheduleId !== scheduleId) continue;
    const version = creates === null ? (view?.version ?? 0) + 1 : creates.version;
    view = { version, status: schedule.status, lastSequence: after + log.length };
  }
  return view;
}

/** Creates the runs, and says in the log which of them there are. */
function start(pass: Pass, occurrences: readonly Occurrence[], log: NewScheduleEvent[]) {
  const runIds: string[] = [];
  let [total, skipped] = [0, 0];
  for (const { create, started, refused } of occurrences) {
    const result = createInside(pass, create, null);
    if (result.outcome === 'committed') {
      runIds.push(create.run.runId);
      log.push(started);
      total += 1;
    } else if (result.outcome === 'exists') {
      runIds.push(result.runId);
    } else {
      log.push(refused);
      skipped += 1;
    }
  }
  return { runIds, total, skipped };
}
