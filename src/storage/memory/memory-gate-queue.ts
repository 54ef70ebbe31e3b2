import type { GateState } from '../store.ts';
import type { MemoryGate, MemoryRun, MemoryState } from './memory-state.ts';

/**
 * Admits who can pass now that places at these gates are free, the oldest first. Nobody waits for a
 * gate that it joins, so the queue of a gate that is full again holds nobody to admit.
 */
export function admitWaiting(state: MemoryState, gates: readonly MemoryGate[]): void {
  const blocked = new Set<string>();
  const queues = gates.map((gate) => {
    const waiters = gate.waiters.values();
    return { gate, waiters, first: waiters.next().value };
  });
  for (;;) {
    let next: MemoryRun | undefined;
    for (const queue of queues) {
      // Nobody waits any more who has been admitted, perhaps through another queue.
      while (
        queue.first !== undefined &&
        (!queue.first.waits || blocked.has(queue.first.gateSet))
      ) {
        queue.first = queue.waiters.next().value;
      }
      if (queue.first === undefined) continue;
      if (isFull(queue.gate)) queue.first = undefined;
      else if (next === undefined || queue.first.key < next.key) next = queue.first;
    }
    if (next === undefined) return;
    if (next.stands.every(({ gate, joins }) => joins || !isFull(gate))) admit(state, next);
    else blocked.add(next.gateSet);
  }
}

export function isFull(gate: MemoryGate): boolean {
  return gate.holders.size >= gate.limit;
}

function admit(state: MemoryState, run: MemoryRun): void {
  for (const { gate } of run.stands) {
    gate.waiters.delete(run);
    gate.holders.add(run);
  }
  run.waits = false;
  state.ready.add(run);
  state.changes.run(run);
  state.wakes = true;
}

/** Ids of runs in order of creation. */
export function oldestOf(runs: Iterable<MemoryRun>): string[] {
  return [...runs].sort((a, b) => a.key - b.key).map((run) => run.summary.runId);
}

const HOLDERS_SHOWN = 5;

export function readGates(state: MemoryState, runId: string): GateState[] {
  const run = state.runs.get(runId);
  const shown = (run?.stands ?? []).map(({ gate }) => ({
    name: gate.name,
    limit: gate.limit,
    held: run?.waits === false,
    holders: gate.holders.size,
    waiting: gate.waiters.size,
    heldBy: oldestOf(gate.holders).slice(0, HOLDERS_SHOWN),
  }));
  return shown.sort((a, b) => (a.name < b.name ? -1 : 1));
}
