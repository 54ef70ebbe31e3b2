import type { NextTimerRequest } from '../store.ts';
import type { Prepare } from './statements.ts';

/** Runs this worker holds that something has arrived for. */
export function heldRunsWithArrivals(sql: Prepare, workerKey: number, now: number): string[] {
  return sql<{ run_id: string }>(
    `SELECT r.run_id FROM runs r WHERE r.owner = ?1 AND (
       EXISTS (SELECT 1 FROM inbox i WHERE i.run = r.key)
       OR EXISTS (SELECT 1 FROM timers t WHERE t.run = r.key AND t.due_at <= ?2))`,
  )
    .all({ 1: workerKey, 2: now })
    .map((row) => row.run_id);
}

/** Of runs without an owner or with this one; the timers of other live workers are their business. */
export function nextTimer(
  sql: Prepare,
  workerKey: number,
  request: NextTimerRequest,
): number | null {
  const row = sql<{ due_at: number }>(
    `SELECT t.due_at FROM timers t JOIN runs r ON r.key = t.run
     WHERE t.due_at > @after AND r.status <> 'interrupted' AND r.gated = 0
       AND (r.owner = @worker OR (r.owner IS NULL
         AND (@home IS NULL OR r.home = @home OR r.run_id IN (SELECT value FROM json_each(@runIds)))
         AND (@workflows IS NULL OR r.workflow IN (SELECT value FROM json_each(@workflows)))))
     ORDER BY t.due_at LIMIT 1`,
  ).get({
    after: request.after,
    worker: workerKey,
    home: request.scope === 'own' ? workerKey : null,
    runIds: JSON.stringify(request.runIds),
    workflows: request.workflows === null ? null : JSON.stringify(request.workflows),
  });
  return row?.due_at ?? null;
}
