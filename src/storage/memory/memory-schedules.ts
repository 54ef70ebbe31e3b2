import type { NewScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import { repeatsItself } from '../admission.ts';
import type { Occurrence, SaveSchedule, WriteResult } from '../commit.ts';
import { LOG_KEPT } from '../schedule-log.ts';
import { createInside } from './memory-create.ts';
import { copyOf, type MemorySchedule, type MemoryState } from './memory-state.ts';
import { count } from './memory-statistics.ts';

export function saveSchedule(state: MemoryState, write: SaveSchedule): WriteResult {
  const { schedule, expectedVersion, occurrences } = write;
  const stored = state.schedules.get(schedule.scheduleId);
  const creates = expectedVersion === 0;
  const expected = creates
    ? stored === undefined || stored.record.status === 'deleted'
    : stored?.record.version === expectedVersion;
  if (!expected) return { outcome: 'conflict' };
  if (occurrences.some(({ create }) => repeatsItself(create))) return { outcome: 'conflict' };

  const saved =
    creates || stored === undefined
      ? addSchedule(state, schedule, stored)
      : changeSchedule(stored, schedule);
  const log = [...write.events];
  const { runIds, total, skipped } = start(state, occurrences, log);
  count(state, saved, { total, skipped: write.skipped + skipped });
  appendLog(saved, log);
  return { outcome: 'committed', runIds };
}

/** With a key of its own, so that it is listed among the newest; its log and its versions go on. */
function addSchedule(
  state: MemoryState,
  schedule: ScheduleRecord,
  deleted: MemorySchedule | undefined,
): MemorySchedule {
  const statistics = { total: 0, successful: 0, failed: 0, cancelled: 0, skipped: 0 };
  const version = (deleted?.record.version ?? 0) + 1;
  const added: MemorySchedule = {
    key: state.schedulesByKey.length + 1,
    record: { ...copyOf(schedule), version, statistics },
    lastSequence: deleted?.lastSequence ?? 0,
    log: deleted?.log ?? [],
  };
  state.schedules.set(schedule.scheduleId, added);
  state.schedulesByKey.push(added);
  return added;
}

function changeSchedule(stored: MemorySchedule, schedule: ScheduleRecord): MemorySchedule {
  const { version, statistics } = stored.record;
  stored.record = { ...copyOf(schedule), version: version + 1, statistics };
  return stored;
}

/** Creates the runs, and says in the log which of them there are. */
function start(state: MemoryState, occurrences: readonly Occurrence[], log: NewScheduleEvent[]) {
  const runIds: string[] = [];
  let [total, skipped] = [0, 0];
  for (const { create, started, refused } of occurrences) {
    const result = createInside(state, create, null);
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

function appendLog(schedule: MemorySchedule, log: readonly NewScheduleEvent[]): void {
  for (const { type, timestamp, data } of log) {
    schedule.lastSequence += 1;
    schedule.log.push({ type, timestamp, data, sequence: schedule.lastSequence });
  }
  schedule.log = schedule.log.slice(-LOG_KEPT);
}
