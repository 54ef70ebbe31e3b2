import type { Transaction } from './sqlite-transaction.ts';
import type { Prepare } from './statements.ts';

/** Of a run that waits, at one of its gates. */
interface Waiter {
  readonly run: number;
  readonly gate_set: string;
  readonly places: number;
}

/**
 * Admits who can pass now that places at these gates are free, the oldest first. Nobody waits for a
 * gate that it joins, so the queue of a gate that is full again holds nobody to admit.
 */
export function admitWaiting(tx: Transaction, names: readonly string[]): void {
  const blocked = new Set<string>();
  let queues = names;
  for (let after = 0; ; ) {
    let next: Waiter | undefined;
    queues = queues.filter((name) => {
      const first = oldestWaiter(tx, name, after, blocked);
      if (first === undefined || isFull(tx, name, first.places)) return false;
      if (next === undefined || first.run < next.run) next = first;
      return true;
    });
    if (next === undefined) return;
    after = next.run;
    if (passes(tx, next.run)) admit(tx, next.run);
    else blocked.add(next.gate_set);
  }
}

function oldestWaiter(
  tx: Transaction,
  name: string,
  after: number,
  blocked: ReadonlySet<string>,
): Waiter | undefined {
  return tx
    .sql<Waiter>(
      `SELECT run, gate_set, places FROM gates WHERE name = ? AND held = 0 AND run > ?
         AND gate_set NOT IN (SELECT value FROM json_each(?)) ORDER BY run LIMIT 1`,
    )
    .get(name, after, JSON.stringify([...blocked]));
}

function passes(tx: Transaction, key: number): boolean {
  return tx
    .sql<{ name: string; places: number; joins: number }>(
      'SELECT name, places, joins FROM gates WHERE run = ?',
    )
    .all(key)
    .every(({ name, places, joins }) => joins === 1 || !isFull(tx, name, places));
}

function admit(tx: Transaction, key: number): void {
  tx.sql('UPDATE gates SET held = 1 WHERE run = ?').run(key);
  tx.sql('UPDATE runs SET gated = 0, ready = 1 WHERE key = ?').run(key);
  tx.wakes = true;
}

/** Looks at no more rows than there are places. */
export function isFull(tx: Transaction, name: string, places: number): boolean {
  return (
    tx
      .sql('SELECT 1 FROM gates WHERE name = ? AND held = 1 LIMIT 1 OFFSET ?')
      .get(name, places - 1) !== undefined
  );
}

/** Ids of who holds a gate or waits at it, oldest first. */
export function runsAt(
  { sql }: { readonly sql: Prepare },
  name: string,
  held: 0 | 1,
  limit = Number.MAX_SAFE_INTEGER,
): string[] {
  return sql<{ run_id: string }>(
    `SELECT r.run_id FROM gates g JOIN runs r ON r.key = g.run WHERE g.name = ? AND g.held = ?
     ORDER BY g.run LIMIT ?`,
  )
    .all(name, held, limit)
    .map((row) => row.run_id);
}
