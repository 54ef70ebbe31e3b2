import { StoreError } from '../../core/errors.ts';
import type { ClaimRequest, NextTimerRequest } from '../store.ts';
import { type Dialect, type Parameter, type Send, statement } from './server.ts';

export interface Candidates {
  /** The claiming worker's row. */
  readonly worker: number;
  /** Workers that are dead and hold something: their rows, and their ids. */
  readonly dead: ReadonlyMap<number, string>;
  /** Runs with a due timer, earliest first. */
  readonly due: readonly number[];
}

/** What there may be to claim, null for nothing. @throws StoreError if the worker is not registered */
export async function candidates(
  send: Send,
  dialect: Dialect,
  request: ClaimRequest,
): Promise<Candidates | null> {
  const { workerId, now, deadWorkers, limit } = request;
  const { text, values } = wanted(dialect, request);
  let rows = limit + 50;
  for (;;) {
    const [workers = [], dead = [], ready = [], timers = []] = await send([
      statement('SELECT id FROM @workers WHERE worker_id = ?', workerId),
      // Only those that hold something: processes that ended without a word may be many.
      statement(
        `SELECT w.id, w.worker_id FROM @workers w WHERE w.worker_id <> ?
           AND (w.expires_at <= ? OR ${dialect.among('w.worker_id')})
           AND EXISTS (SELECT 1 FROM @runs r WHERE r.owner = w.id${text})`,
        workerId,
        now,
        deadWorkers,
        ...values,
      ),
      statement(
        `SELECT r.id FROM @runs r WHERE r.ready = 1 AND r.owner IS NULL${text} LIMIT 1`,
        ...values,
      ),
      statement(
        `SELECT t.run FROM @timers t JOIN @runs r ON r.id = t.run
         WHERE t.due_at <= ? AND r.owner IS NULL AND r.status <> 'interrupted' AND r.gated = 0${text}
         ORDER BY t.due_at LIMIT ?`,
        now,
        ...values,
        rows,
      ),
    ]);
    const worker = workers[0]?.id;
    if (worker === undefined) throw new StoreError(`Worker ${workerId} is not registered`);
    const due = [...new Set(timers.map((row) => row.run as number))].slice(0, limit);
    // One run may have many timers due, and hide the next one.
    if (timers.length === rows && due.length < limit) {
      rows *= 10;
      continue;
    }
    if (dead.length + ready.length + due.length === 0) return null;
    return { worker, dead: new Map(dead.map((row) => [row.id, row.worker_id])), due };
  }
}

/** The condition, beginning with AND, that a run `r` is this worker's business. */
export function wanted(
  { among }: Dialect,
  { workflows, scope, workerId, runIds }: Omit<NextTimerRequest, 'after'>,
): { readonly text: string; readonly values: readonly Parameter[] } {
  let text = '';
  const values: Parameter[] = [];
  if (workflows !== null) {
    text += ` AND ${among('r.workflow')}`;
    values.push(workflows);
  }
  if (scope === 'own') {
    const home = '(SELECT m.id FROM @workers m WHERE m.worker_id = ?)';
    text += ` AND (r.home = ${home} OR ${among('r.run_id')})`;
    values.push(workerId, runIds);
  }
  return { text, values };
}
