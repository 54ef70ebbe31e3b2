import { isFinished, type RunStatus } from '../../core/run.ts';
import type { Deliver, WriteResult } from '../commit.ts';
import { isEnding } from '../messages.ts';
import { COMMITTED, type Transaction } from './sqlite-transaction.ts';

interface Target {
  readonly key: number;
  readonly status: RunStatus;
  readonly gated: number;
  readonly continued_to: string | null;
}

export function deliver(tx: Transaction, write: Deliver): WriteResult {
  const { sql } = tx;
  const { message, now } = write;
  const run = targetOf(tx, write);
  if (run === undefined) return { outcome: 'not_found' };
  if (isFinished(run.status)) return { outcome: 'refused', status: run.status };
  if (message.type === 'hook.received') {
    const refusal = receive(tx, run.key, message, now);
    if (refusal !== null) return refusal;
  }
  sql('INSERT INTO inbox (run, received_at, type, message) VALUES (?, ?, ?, ?)').run(
    run.key,
    now,
    message.type,
    JSON.stringify(message),
  );
  if (run.gated === 0 || isEnding(message)) {
    sql('UPDATE runs SET ready = 1 WHERE key = ?').run(run.key);
  }
  return COMMITTED;
}

/** The messages that go out with another write; what becomes of them is not that one's concern. */
export function deliverAll(tx: Transaction, writes: readonly Deliver[] | undefined): void {
  for (const write of writes ?? []) {
    if (deliver(tx, write).outcome === 'committed') tx.wakes = true;
  }
}

function targetOf(tx: Transaction, { runId, followChain }: Deliver): Target | undefined {
  const find = tx.sql<Target>('SELECT key, status, gated, continued_to FROM runs WHERE run_id = ?');
  let run = find.get(runId);
  while (followChain === true && run?.status === 'continued_as_new' && run.continued_to !== null) {
    run = find.get(run.continued_to);
  }
  return run;
}

/** Marks the hook as received, or says why it cannot be. */
function receive(
  { sql }: Transaction,
  key: number,
  { hookId, payload }: Extract<Deliver['message'], { type: 'hook.received' }>,
  now: number,
): WriteResult | null {
  const hook = sql<{ status: string; expires_at: number | null }>(
    'SELECT status, expires_at FROM hooks WHERE run = ? AND hook_id = ?',
  ).get(key, hookId);
  if (hook === undefined) return { outcome: 'not_found' };
  if (hook.status !== 'pending') return { outcome: 'refused', status: hook.status };
  if (hook.expires_at !== null && hook.expires_at <= now) {
    return { outcome: 'refused', status: 'expired' };
  }
  sql(
    `UPDATE hooks SET status = 'received', received_at = ?, payload = ? WHERE run = ? AND hook_id = ?`,
  ).run(now, JSON.stringify(payload), key, hookId);
  return null;
}
