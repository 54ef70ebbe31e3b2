import type { NextTimerRequest } from '../store.ts';
import { wanted } from './claim-candidates.ts';
import { one } from './reads.ts';
import { type Dialect, type Send, statement } from './server.ts';

const ME = '(SELECT m.id FROM @workers m WHERE m.worker_id = ?)';

/** Runs this worker holds that something has arrived for. */
export async function heldRunsWithArrivals(
  send: Send,
  workerId: string,
  now: number,
): Promise<string[]> {
  const find = `SELECT r.run_id FROM @runs r WHERE r.owner = ${ME} AND (
      EXISTS (SELECT 1 FROM @inbox x WHERE x.run = r.id)
      OR EXISTS (SELECT 1 FROM @timers t WHERE t.run = r.id AND t.due_at <= ?))`;
  return (await one(send, statement(find, workerId, now))).map((row) => row.run_id);
}

/** Of runs without an owner or with this one; the timers of other live workers are their business. */
export async function nextTimer(
  send: Send,
  dialect: Dialect,
  request: NextTimerRequest,
): Promise<number | null> {
  const { text, values } = wanted(dialect, request);
  const find = `SELECT t.due_at FROM @timers t JOIN @runs r ON r.id = t.run
    WHERE t.due_at > ? AND r.status <> 'interrupted' AND r.gated = 0
      AND (r.owner = ${ME} OR (r.owner IS NULL${text}))
    ORDER BY t.due_at LIMIT 1`;
  const [row] = await one(send, statement(find, request.after, request.workerId, ...values));
  return row?.due_at ?? null;
}
