import type { Changes, RunRef } from './changes.ts';
import { insertFor } from './insert-for.ts';
import { textOrNull } from './rows.ts';
import { type Columns, type Dialect, type Scalar, type Statement, statement } from './server.ts';

type RowsFor = [RunRef, Scalar[]][];

const TIMER: Columns = { id: 'text', kind: 'text', due_at: 'time' };
const HOOK: Columns = {
  hook_id: 'text',
  name: 'text',
  token: 'text',
  status: 'text',
  created_at: 'time',
  received_at: 'time',
  expires_at: 'time',
  payload: 'text',
  payload_schema: 'text',
};
const MESSAGE: Columns = { received_at: 'time', type: 'text', message: 'text' };

/** Timers, hooks and the inbox. */
export function flushWaits(dialect: Dialect, changes: Changes): Statement[] {
  return [
    ...flushTimers(dialect, changes),
    ...flushHooks(dialect, changes),
    ...flushInbox(dialect, changes),
    ...dropWaits(dialect, changes),
  ];
}

function flushTimers(dialect: Dialect, { timers, ended }: Changes): Statement[] {
  const set: RowsFor = [];
  const cleared: Scalar[][] = [];
  for (const { ref, id, timer } of timers.values()) {
    if (ended.has(ref.runId)) continue;
    if (timer !== null) set.push([ref, [id, timer.kind, timer.dueAt]]);
    else cleared.push([ref.id, id]);
  }
  const statements: Statement[] = [];
  if (cleared.length > 0) {
    const source = dialect.given({ run: 'int', id: 'text' }, cleared);
    statements.push(dialect.remove('timers', source, 'r.run = i.run AND r.id = i.id'));
  }
  if (set.length > 0) {
    const replace = dialect.orUpdate(['run', 'id'], ['kind', 'due_at']);
    statements.push(insertFor(dialect, 'timers', TIMER, set, replace));
  }
  return statements;
}

function flushHooks(dialect: Dialect, { newHooks, hooks }: Changes): Statement[] {
  const statements: Statement[] = [];
  if (newHooks.size > 0) {
    const rows: RowsFor = [...newHooks.values()].map(({ ref, hook }) => [
      ref,
      [
        hook.hookId,
        hook.name,
        hook.token,
        hook.status,
        hook.createdAt,
        hook.receivedAt,
        hook.expiresAt,
        textOrNull(hook.payload, 'null'),
        textOrNull(hook.payloadSchema, 'null'),
      ],
    ]);
    statements.push(insertFor(dialect, 'hooks', HOOK, rows));
  }
  if (hooks.size > 0) {
    const rows = [...hooks.values()].map(({ ref, hookId, status, receivedAt, payload }) => [
      ref.id,
      hookId,
      status,
      receivedAt,
      payload,
    ]);
    const source = dialect.given(
      { run: 'int', hook_id: 'text', status: 'text', received_at: 'time', payload: 'text' },
      rows,
    );
    statements.push(
      dialect.update(
        'hooks',
        [
          ['status', 'i.status'],
          ['received_at', 'i.received_at'],
          ['payload', 'i.payload'],
        ],
        source,
        'r.run = i.run AND r.hook_id = i.hook_id',
      ),
    );
  }
  return statements;
}

function flushInbox(dialect: Dialect, { messages, consumed, ended }: Changes): Statement[] {
  const statements: Statement[] = [];
  const read = [...consumed.values()].filter(({ ref }) => !ended.has(ref.runId));
  if (read.length > 0) {
    const source = dialect.given(
      { run: 'int', through: 'int' },
      read.map(({ ref, through }) => [ref.id, through]),
    );
    statements.push(dialect.remove('inbox', source, 'r.run = i.run AND r.id <= i.through'));
  }
  const rows: RowsFor = messages
    .filter(({ ref }) => !ended.has(ref.runId))
    .map(({ ref, receivedAt, message }) => [
      ref,
      [receivedAt, message.type, JSON.stringify(message)],
    ]);
  if (rows.length > 0) statements.push(insertFor(dialect, 'inbox', MESSAGE, rows));
  return statements;
}

/** A finished run waits for nothing. Its row is locked by now: nothing more arrives. */
function dropWaits({ among }: Dialect, { ended }: Changes): Statement[] {
  if (ended.size === 0) return [];
  const ids = [...ended.values()].map((ref) => ref.id);
  return [
    statement(`DELETE FROM @timers WHERE ${among('run')}`, ids),
    statement(`DELETE FROM @inbox WHERE ${among('run')}`, ids),
    statement(
      `UPDATE @hooks SET status = 'disposed' WHERE ${among('run')} AND status = 'pending'`,
      ids,
    ),
  ];
}
