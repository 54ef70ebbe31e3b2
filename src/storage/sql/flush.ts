import { toKeyText } from '../key-text.ts';
import type { Changes, RunPatch, RunRef } from './changes.ts';
import { flushGates } from './flush-gates.ts';
import { flushSchedules } from './flush-schedules.ts';
import { flushWaits } from './flush-waits.ts';
import { insertFor } from './insert-for.ts';
import { keyIndex } from './key-index.ts';
import { textOrNull } from './rows.ts';
import { type Columns, type Dialect, type Scalar, type Statement, statement } from './server.ts';

/** The statements that bring a batch's changes into the database: one for each kind of change. */
export function flush(dialect: Dialect, changes: Changes): Statement[] {
  const { givers, history } = changes;
  const statements: Statement[] = [];
  if (givers.length > 0) {
    const drop = 'UPDATE @runs SET idempotency_key = NULL, key_index = NULL';
    statements.push(statement(`${drop} WHERE ${dialect.among('run_id')}`, givers));
  }
  if (changes.newRuns.length > 0) statements.push(insertRuns(dialect, changes));
  if (changes.patches.size > 0) statements.push(updateRuns(dialect, [...changes.patches.values()]));
  if (history.length > 0) {
    const rows = history.map(({ ref, sequence, count, events }): [RunRef, Scalar[]] => [
      ref,
      [sequence, count, events],
    ]);
    const columns: Columns = { sequence: 'int', count: 'int', events: 'text' };
    statements.push(insertFor(dialect, 'history', columns, rows));
  }
  statements.push(...flushWaits(dialect, changes));
  statements.push(...flushGates(dialect, changes));
  statements.push(...flushSchedules(dialect, changes));
  return statements;
}

const RUN_COLUMNS: Columns = {
  run_id: 'text',
  workflow: 'text',
  status: 'text',
  created_at: 'time',
  updated_at: 'time',
  started_at: 'time',
  completed_at: 'time',
  error: 'text',
  idempotency_key: 'text',
  key_index: 'text',
  max_duration: 'time',
  metadata: 'text',
  tags: 'text',
  recovery_attempts: 'int',
  max_recovery_attempts: 'int',
  recover: 'int',
  parent_run_id: 'text',
  child_id: 'text',
  nesting_depth: 'int',
  continued_from: 'text',
  continued_to: 'text',
  forked_from: 'text',
  schedule_id: 'text',
  scheduled_at: 'time',
  code_version: 'text',
  progress: 'text',
  epoch: 'int',
  owner: 'int',
  home: 'int',
  ready: 'int',
  gated: 'int',
};

function insertRuns(dialect: Dialect, { newRuns }: Changes): Statement {
  const rows = newRuns.map(({ write, home, claimed, ready, gated }): Scalar[] => {
    const { run } = write;
    const key = run.idempotencyKey;
    return [
      run.runId,
      run.workflowName,
      run.status,
      run.createdAt,
      run.updatedAt,
      run.startedAt,
      run.completedAt,
      run.error === null ? null : JSON.stringify(run.error),
      key === null ? null : toKeyText(key),
      key === null ? null : keyIndex(run.workflowName, key),
      run.maxDuration,
      textOrNull(run.metadata, '{}'),
      textOrNull(run.tags, '[]'),
      run.recoveryAttempts,
      run.maxRecoveryAttempts,
      run.recoverOnWorkerLoss ? 1 : 0,
      run.parentRunId,
      run.childId,
      run.nestingDepth,
      run.continuedFromRunId,
      run.continuedToRunId,
      run.forkedFromRunId,
      run.scheduleId,
      run.scheduledAt,
      run.codeVersion,
      run.progress === null ? null : JSON.stringify(run.progress),
      claimed ? 1 : 0,
      claimed ? home : null,
      home,
      ready ? 1 : 0,
      gated ? 1 : 0,
    ];
  });
  const names = Object.keys(RUN_COLUMNS);
  const source = dialect.given(RUN_COLUMNS, rows);
  // In order: who was created first has the lower number.
  const text = `INSERT INTO @runs (${names.join(', ')})
    SELECT ${names.map((name) => `i.${name}`).join(', ')} FROM ${source.text} ORDER BY i.n`;
  return { text, values: source.values };
}

const PATCH_COLUMNS: Columns = {
  run: 'int',
  status: 'text',
  updated_at: 'time',
  started_at: 'time',
  completed_at: 'time',
  has_error: 'int',
  error: 'text',
  recovery_attempts: 'int',
  continued_to: 'text',
  progress: 'text',
  released: 'int',
  ready: 'int',
  admitted: 'int',
};

function updateRuns(dialect: Dialect, patches: readonly RunPatch[]): Statement {
  const rows = patches.map(({ ref, change, released, ready, admitted }): Scalar[] => [
    ref.id,
    change.status ?? null,
    change.updatedAt ?? null,
    change.startedAt ?? null,
    change.completedAt ?? null,
    change.error === undefined ? 0 : 1,
    change.error == null ? null : JSON.stringify(change.error),
    change.recoveryAttempts ?? null,
    change.continuedToRunId ?? null,
    change.progress === undefined ? null : JSON.stringify(change.progress),
    released ? 1 : 0,
    ready === null ? null : ready ? 1 : 0,
    admitted ? 1 : 0,
  ]);
  // By number: everybody locks runs in the same order.
  rows.sort((a, b) => Number(a[0]) - Number(b[0]));
  return dialect.update(
    'runs',
    [
      ['status', 'coalesce(i.status, r.status)'],
      ['updated_at', 'coalesce(i.updated_at, r.updated_at)'],
      ['started_at', 'coalesce(r.started_at, i.started_at)'],
      ['completed_at', 'coalesce(i.completed_at, r.completed_at)'],
      ['error', 'CASE WHEN i.has_error = 1 THEN i.error ELSE r.error END'],
      ['recovery_attempts', 'coalesce(i.recovery_attempts, r.recovery_attempts)'],
      ['continued_to', 'coalesce(i.continued_to, r.continued_to)'],
      ['progress', 'coalesce(i.progress, r.progress)'],
      ['owner', 'CASE WHEN i.released = 1 THEN NULL ELSE r.owner END'],
      ['ready', 'coalesce(i.ready, r.ready)'],
      ['gated', 'CASE WHEN i.admitted = 1 THEN 0 ELSE r.gated END'],
    ],
    dialect.given(PATCH_COLUMNS, rows),
    'r.id = i.run',
  );
}
