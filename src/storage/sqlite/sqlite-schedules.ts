import type { NewScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import { repeatsItself } from '../admission.ts';
import type { Occurrence, SaveSchedule, WriteResult } from '../commit.ts';
import { LOG_KEPT } from '../schedule-log.ts';
import { scheduleValues } from '../sql/schedule-rows.ts';
import { createInside } from './sqlite-create.ts';
import { CONFLICT, type Transaction } from './sqlite-transaction.ts';

interface Stored {
  readonly version: number;
  readonly status: ScheduleRecord['status'];
  readonly last_sequence: number;
}

export function saveSchedule(tx: Transaction, write: SaveSchedule): WriteResult {
  const { schedule, expectedVersion, occurrences } = write;
  const { scheduleId } = schedule;
  const stored = tx
    .sql<Stored>('SELECT version, status, last_sequence FROM schedules WHERE schedule_id = ?')
    .get(scheduleId);
  const creates = expectedVersion === 0;
  const expected = creates
    ? stored === undefined || stored.status === 'deleted'
    : stored?.version === expectedVersion;
  if (!expected) return CONFLICT;
  if (occurrences.some(({ create }) => repeatsItself(create))) return CONFLICT;

  if (creates) insertSchedule(tx, schedule, stored);
  else updateSchedule(tx, schedule);
  const log = [...write.events];
  const { runIds, total, skipped } = start(tx, occurrences, log);
  const last = appendLog(tx, scheduleId, stored?.last_sequence ?? 0, log);
  tx.sql(
    `UPDATE schedules SET last_sequence = ?, total = total + ?, skipped = skipped + ?
     WHERE schedule_id = ?`,
  ).run(last, total, write.skipped + skipped, scheduleId);
  return { outcome: 'committed', runIds };
}

/** In a row of its own, so that it is listed among the newest; its log and its versions go on. */
function insertSchedule(
  { sql }: Transaction,
  schedule: ScheduleRecord,
  deleted: Stored | undefined,
): void {
  if (deleted !== undefined) {
    sql('DELETE FROM schedules WHERE schedule_id = ?').run(schedule.scheduleId);
  }
  sql(
    `INSERT INTO schedules (schedule_id, workflow, spec, input, status, overlap_policy,
       catch_up_policy, catch_up_window, metadata, tags, definition, created_at, updated_at,
       paused_at, deleted_at, decided_through, next_run_at, last_run_at, last_run_id, version,
       total, successful, failed, cancelled, skipped, last_sequence)
     VALUES (@id, @workflow, @spec, @input, @status, @overlap, @catchUp, @window, @metadata, @tags,
       @definition, @createdAt, @updatedAt, @pausedAt, @deletedAt, @decidedThrough, @nextRunAt,
       @lastRunAt, @lastRunId, @version, 0, 0, 0, 0, 0, 0)`,
  ).run({
    ...scheduleValues(schedule),
    version: (deleted?.version ?? 0) + 1,
  });
}

function updateSchedule({ sql }: Transaction, schedule: ScheduleRecord): void {
  sql(
    `UPDATE schedules SET workflow = @workflow, spec = @spec, input = @input, status = @status,
       overlap_policy = @overlap, catch_up_policy = @catchUp, catch_up_window = @window,
       metadata = @metadata, tags = @tags, definition = @definition, created_at = @createdAt,
       updated_at = @updatedAt, paused_at = @pausedAt, deleted_at = @deletedAt,
       decided_through = @decidedThrough, next_run_at = @nextRunAt, last_run_at = @lastRunAt,
       last_run_id = @lastRunId, version = version + 1
     WHERE schedule_id = @id`,
  ).run(scheduleValues(schedule));
}

/** Creates the runs, and says in the log which of them there are. */
function start(tx: Transaction, occurrences: readonly Occurrence[], log: NewScheduleEvent[]) {
  const runIds: string[] = [];
  let [total, skipped] = [0, 0];
  for (const { create, started, refused } of occurrences) {
    const result = createInside(tx, create, null);
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

/** Returns the sequence of the last entry. What is too old goes as the new ones come. */
function appendLog(
  { sql }: Transaction,
  scheduleId: string,
  after: number,
  log: readonly NewScheduleEvent[],
): number {
  let sequence = after;
  for (const { type, timestamp, data } of log) {
    sequence += 1;
    sql(
      `INSERT INTO schedule_log (schedule_id, sequence, type, recorded_at, data)
       VALUES (?, ?, ?, ?, ?)`,
    ).run(scheduleId, sequence, type, timestamp, data);
  }
  const through = sequence - LOG_KEPT;
  if (log.length > 0 && through > 0) {
    sql('DELETE FROM schedule_log WHERE schedule_id = ? AND sequence <= ?').run(
      scheduleId,
      through,
    );
  }
  return sequence;
}
