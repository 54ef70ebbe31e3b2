import type { GateState } from '../store.ts';
import { one } from './reads.ts';
import { type Send, statement } from './server.ts';

const HOLDERS_SHOWN = 5;

export async function readGates(send: Send, runId: string): Promise<GateState[]> {
  const count = (held: number) =>
    `(SELECT count(*) FROM @stands o WHERE o.gate = s.gate AND o.held = ${held})`;
  const gates = await one(
    send,
    statement(
      `SELECT s.gate, s.name, s.held, g.places, ${count(1)} AS holders, ${count(0)} AS waiting
       FROM @stands s JOIN @runs r ON r.id = s.run JOIN @gates g ON g.name = s.gate
       WHERE r.run_id = ? ORDER BY s.gate`,
      runId,
    ),
  );
  if (gates.length === 0) return [];
  const holders = await send(
    gates.map(({ gate }) =>
      statement(
        `SELECT r.run_id FROM @stands s JOIN @runs r ON r.id = s.run
         WHERE s.gate = ? AND s.held = 1 ORDER BY s.run LIMIT ?`,
        gate,
        HOLDERS_SHOWN,
      ),
    ),
  );
  return gates.map((row, index) => ({
    name: row.name,
    limit: row.places,
    held: row.held === 1,
    holders: row.holders,
    waiting: row.waiting,
    heldBy: (holders[index] ?? []).map((found) => found.run_id),
  }));
}
