import type { RunRecord } from '../../core/run.ts';
import { admission, gateSetOf } from '../admission.ts';
import type { Deliver, Gate, WriteResult } from '../commit.ts';
import { fromKeyText, toKeyText } from '../key-text.ts';
import type { GateState } from '../store.ts';
import { deliverAll } from './sqlite-deliver.ts';
import { admitWaiting, isFull, runsAt } from './sqlite-gate-queue.ts';
import type { Transaction } from './sqlite-transaction.ts';
import type { Prepare } from './statements.ts';

/** Asks the gates of a run that is about to be created, and sends away whom it replaces. */
export function askGates(
  tx: Transaction,
  run: RunRecord,
  gates: readonly Gate[],
): Extract<WriteResult, { outcome: 'gate_full' }> | { outcome: 'open'; waits: boolean } {
  const answer = admission(gates, {
    isFull: ({ name, limit }) => isFull(tx, toKeyText(name), limit),
    isWaitedAt: ({ name }) => runsAt(tx, toKeyText(name), 0, 1).length > 0,
  });
  if (answer.refusedBy !== null) {
    const { name, whenFull } = answer.refusedBy;
    const [runId] = runsAt(tx, toKeyText(name), whenFull === 'refuse' ? 1 : 0, 1);
    return { outcome: 'gate_full', gate: name, runId: runId ?? run.runId };
  }
  for (const { name } of answer.replaces) {
    const there = [...runsAt(tx, toKeyText(name), 1), ...runsAt(tx, toKeyText(name), 0)];
    deliverAll(
      tx,
      there.map((runId) => replacement(runId, run)),
    );
  }
  return { outcome: 'open', waits: answer.waits };
}

function replacement(runId: string, by: RunRecord): Deliver {
  const reason = `replaced by run ${by.runId}`;
  return {
    op: 'deliver',
    runId,
    message: { type: 'cancel', reason, requestedBy: 'gate' },
    now: by.createdAt,
  };
}

/** Takes the run's places, or one in each of their queues. */
export function standAtGates(
  tx: Transaction,
  key: number,
  gates: readonly Gate[],
  waits: boolean,
): void {
  const { sql } = tx;
  const gateSet = gateSetOf(gates);
  const raised: string[] = [];
  for (const gate of gates) {
    const name = toKeyText(gate.name);
    const before = sql<{ places: number }>('SELECT places FROM gates WHERE name = ? LIMIT 1');
    const places = before.get(name)?.places ?? gate.limit;
    if (places !== gate.limit)
      sql('UPDATE gates SET places = ? WHERE name = ?').run(gate.limit, name);
    if (places < gate.limit) raised.push(name);
    sql(
      'INSERT INTO gates (run, name, places, joins, held, gate_set) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(key, name, gate.limit, gate.whenFull === 'join' ? 1 : 0, waits ? 0 : 1, gateSet);
  }
  admitWaiting(tx, raised);
}

/** A successor goes on in its predecessor's places. */
export function inheritPlaces(tx: Transaction, key: number, predecessor: number): void {
  tx.sql('UPDATE gates SET run = ? WHERE run = ?').run(key, predecessor);
}

/** Gives a finished run's places to those who wait for them. */
export function leaveGates(
  tx: Transaction,
  key: number,
  places: readonly { readonly name: string; readonly places: number }[],
): void {
  if (places.length === 0) return;
  // Of a gate that is not full, nobody waits for a place.
  const full = places.filter((place) => isFull(tx, place.name, place.places));
  tx.sql('DELETE FROM gates WHERE run = ?').run(key);
  admitWaiting(
    tx,
    full.map((place) => place.name),
  );
}

/** A run that is claimed to be cancelled waits no more. */
export function stopWaiting(sql: Prepare, key: number): void {
  sql('DELETE FROM gates WHERE run = ? AND held = 0').run(key);
}

const HOLDERS_SHOWN = 5;

export function readGates(sql: Prepare, runId: string): GateState[] {
  return sql<{ name: string; places: number; held: number; holders: number; waiting: number }>(
    `SELECT g.name, g.places, g.held,
       (SELECT count(*) FROM gates o WHERE o.name = g.name AND o.held = 1) AS holders,
       (SELECT count(*) FROM gates o WHERE o.name = g.name AND o.held = 0) AS waiting
     FROM gates g JOIN runs r ON r.key = g.run WHERE r.run_id = ? ORDER BY g.name`,
  )
    .all(runId)
    .map(({ name, places, held, holders, waiting }) => ({
      name: fromKeyText(name),
      limit: places,
      held: held === 1,
      holders,
      waiting,
      heldBy: runsAt({ sql }, name, 1, HOLDERS_SHOWN),
    }));
}
