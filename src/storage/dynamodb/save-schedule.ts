import type { NewScheduleEvent } from '../../core/schedule.ts';
import { repeatsItself } from '../admission.ts';
import type { Occurrence, SaveSchedule, WriteResult } from '../commit.ts';
import type { Connection } from './connection.ts';
import { createInside } from './create.ts';
import type { ScheduleDoc } from './docs.ts';
import { scheduleKey } from './keys.ts';
import { append, newLog } from './log.ts';
import { count } from './statistics.ts';
import type { Work } from './work.ts';

export async function saveSchedule(
  connection: Connection,
  work: Work,
  write: SaveSchedule,
): Promise<WriteResult> {
  const { schedule, expectedVersion, occurrences } = write;
  const held = await work.schedule(schedule.scheduleId);
  const stored = held.doc;
  const creates = expectedVersion === 0;
  const expected = creates
    ? stored === null || stored.record.status === 'deleted'
    : stored?.record.version === expectedVersion;
  if (!expected) return { outcome: 'conflict' };
  if (occurrences.some((one) => repeatsItself(one.create))) return { outcome: 'conflict' };

  const doc =
    creates || stored === null ? added(work, schedule, stored) : changed(stored, schedule);
  held.doc = doc;
  const log = [...write.events];
  const { runIds, total, skipped } = await start(connection, work, occurrences, log);
  count(doc, { total, skipped: write.skipped + skipped });
  appendLog(work, doc, log);
  return { outcome: 'committed', runIds };
}

/** With a number of its own, so that it is listed among the newest; its log and its versions go on. */
function added(
  work: Work,
  schedule: SaveSchedule['schedule'],
  deleted: ScheduleDoc | null,
): ScheduleDoc {
  const statistics = { total: 0, successful: 0, failed: 0, cancelled: 0, skipped: 0 };
  const version = (deleted?.record.version ?? 0) + 1;
  return {
    n: work.number(),
    record: { ...schedule, version, statistics },
    sequence: deleted?.sequence ?? 0,
    log: deleted?.log ?? newLog(),
  };
}

function changed(stored: ScheduleDoc, schedule: SaveSchedule['schedule']): ScheduleDoc {
  const { version, statistics } = stored.record;
  stored.record = { ...schedule, version: version + 1, statistics };
  return stored;
}

/** Creates the runs, and says in the log which of them there are. */
async function start(
  connection: Connection,
  work: Work,
  occurrences: readonly Occurrence[],
  log: NewScheduleEvent[],
) {
  const runIds: string[] = [];
  let [total, skipped] = [0, 0];
  for (const { create, started, refused } of occurrences) {
    const result = await createInside(connection, work, create, null);
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

function appendLog(work: Work, doc: ScheduleDoc, entries: readonly NewScheduleEvent[]): void {
  if (entries.length === 0) return;
  const pk = scheduleKey(doc.record.scheduleId);
  const text = entries.map(({ type, timestamp, data }) => `["${type}",${timestamp},${data}]`);
  append(doc.log, pk, 'e', text.join(','), entries.length, work.aside);
  doc.sequence += entries.length;
}
