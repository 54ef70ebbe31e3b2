import type { NewEvent } from '../../core/event.ts';
import type { HookRecord } from '../../core/hook.ts';
import { eventsToText } from '../event-text.ts';
import { textOrNull } from '../sql/rows.ts';
import type { Timer } from '../store.ts';
import type { Transaction } from './sqlite-transaction.ts';

/** What belongs to a run besides its row: its history, and what it waits for. */
export function appendEvents(
  tx: Transaction,
  key: number,
  first: number,
  events: readonly NewEvent[],
): void {
  if (events.length === 0) return;
  tx.sql('INSERT INTO history (run, sequence, count, events) VALUES (?, ?, ?, ?)').run(
    key,
    first,
    events.length,
    eventsToText(events),
  );
}

export function insertTimers(tx: Transaction, key: number, timers: readonly Timer[]): void {
  for (const { id, kind, dueAt } of timers) {
    tx.sql('INSERT OR REPLACE INTO timers (run, id, kind, due_at) VALUES (?, ?, ?, ?)').run(
      key,
      id,
      kind,
      dueAt,
    );
  }
}

export function insertHooks(tx: Transaction, key: number, hooks: readonly HookRecord[]): void {
  for (const hook of hooks) {
    tx.sql(
      `INSERT INTO hooks (run, hook_id, name, token, status, created_at, expires_at, payload_schema)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      key,
      hook.hookId,
      hook.name,
      hook.token,
      hook.status,
      hook.createdAt,
      hook.expiresAt,
      textOrNull(hook.payloadSchema, 'null'),
    );
  }
}

/** Null if the run has no such hook. */
export function hookStatus(tx: Transaction, key: number, hookId: string): string | null {
  const row = tx
    .sql<{ status: string }>('SELECT status FROM hooks WHERE run = ? AND hook_id = ?')
    .get(key, hookId);
  return row?.status ?? null;
}

/** A finished run waits for nothing. */
export function dropWaits(tx: Transaction, key: number): void {
  tx.sql('DELETE FROM timers WHERE run = ?').run(key);
  tx.sql('DELETE FROM inbox WHERE run = ?').run(key);
  tx.sql(`UPDATE hooks SET status = 'disposed' WHERE run = ? AND status = 'pending'`).run(key);
}
