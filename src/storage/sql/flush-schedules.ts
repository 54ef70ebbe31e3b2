import type { RunStatus } from '../../core/run.ts';
import { LOG_KEPT } from '../schedule-log.ts';
import type { Changes, ScheduleChange } from './changes.ts';
import { scheduleValues } from './schedule-rows.ts';
import { type Dialect, type Parameter, type Statement, statement } from './server.ts';

/** Schedules are few: a statement for each. */
export function flushSchedules(dialect: Dialect, { schedules, ends }: Changes): Statement[] {
  return [
    ...schedules.flatMap((change) => flushSchedule(dialect, change)),
    ...[...ends].flatMap(([scheduleId, counted]) => countEnds(scheduleId, counted)),
  ];
}

/** Column by column, with the name of its value. */
const SET: Readonly<Record<string, string>> = {
  workflow: 'workflow',
  spec: 'spec',
  input: 'input',
  status: 'status',
  overlap_policy: 'overlap',
  catch_up_policy: 'catchUp',
  catch_up_window: 'window',
  metadata: 'metadata',
  tags: 'tags',
  definition: 'definition',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  paused_at: 'pausedAt',
  deleted_at: 'deletedAt',
  decided_through: 'decidedThrough',
  next_run_at: 'nextRunAt',
  last_run_at: 'lastRunAt',
  last_run_id: 'lastRunId',
};

function flushSchedule(dialect: Dialect, change: ScheduleChange): Statement[] {
  const { schedule, creates, log, after, total, skipped } = change;
  const { scheduleId } = schedule;
  const given = scheduleValues(schedule) as Readonly<Record<string, Parameter>>;
  const values = Object.values(SET).map((name) => given[name] ?? null);
  const columns = Object.keys(SET);
  const last = after + log.length;
  const statements: Statement[] = [];
  if (creates === null) {
    const sets = columns.map((column) => `${column} = ?`).join(', ');
    statements.push(
      statement(
        `UPDATE @schedules SET ${sets}, version = version + 1, last_sequence = ?,
           total = total + ?, skipped = skipped + ? WHERE schedule_id = ?`,
        ...values,
        last,
        total,
        skipped,
        scheduleId,
      ),
    );
  } else {
    // In a row of its own, so that it is listed among the newest; its log and its versions go on.
    if (creates.replaces) {
      statements.push(statement('DELETE FROM @schedules WHERE schedule_id = ?', scheduleId));
    }
    statements.push(
      statement(
        `INSERT INTO @schedules (${columns.join(', ')}, schedule_id, version, last_sequence, total,
           skipped, successful, failed, cancelled)
         VALUES (${columns.map(() => '?').join(', ')}, ?, ?, ?, ?, ?, 0, 0, 0)`,
        ...values,
        scheduleId,
        creates.version,
        last,
        total,
        skipped,
      ),
    );
  }
  return [...statements, ...appendLog(dialect, change, last)];
}

/** What is too old goes as the new ones come. */
function appendLog({ given }: Dialect, change: ScheduleChange, last: number): Statement[] {
  const { schedule, log, after } = change;
  if (log.length === 0) return [];
  const rows = log.map(({ type, timestamp, data }, index) => [
    schedule.scheduleId,
    after + 1 + index,
    type,
    timestamp,
    data,
  ]);
  const source = given(
    { schedule_id: 'text', sequence: 'int', type: 'text', recorded_at: 'time', data: 'text' },
    rows,
  );
  const insert = `INSERT INTO @schedule_log (schedule_id, sequence, type, recorded_at, data)
    SELECT i.schedule_id, i.sequence, i.type, i.recorded_at, i.data FROM ${source.text}`;
  const statements: Statement[] = [{ text: insert, values: source.values }];
  const through = last - LOG_KEPT;
  if (through > 0) {
    const forget = 'DELETE FROM @schedule_log WHERE schedule_id = ? AND sequence <= ?';
    statements.push(statement(forget, schedule.scheduleId, through));
  }
  return statements;
}

const COUNTERS: Readonly<Partial<Record<RunStatus, string>>> = {
  completed: 'successful',
  failed: 'failed',
  cancelled: 'cancelled',
};

function countEnds(scheduleId: string, counted: ReadonlyMap<RunStatus, number>): Statement[] {
  return [...counted].flatMap(([status, count]) => {
    const column = COUNTERS[status];
    if (column === undefined) return [];
    const add = `UPDATE @schedules SET ${column} = ${column} + ? WHERE schedule_id = ?`;
    return [statement(add, count, scheduleId)];
  });
}
