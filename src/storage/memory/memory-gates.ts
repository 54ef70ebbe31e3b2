import type { RunRecord } from '../../core/run.ts';
import { admission, gateSetOf } from '../admission.ts';
import type { Deliver, Gate, WriteResult } from '../commit.ts';
import { deliverAll } from './memory-deliver.ts';
import { admitWaiting, isFull, oldestOf } from './memory-gate-queue.ts';
import type { MemoryGate, MemoryRun, MemoryState } from './memory-state.ts';

/** Asks the gates of a run that is about to be created, and sends away whom it replaces. */
export function askGates(
  state: MemoryState,
  run: RunRecord,
  gates: readonly Gate[],
): Extract<WriteResult, { outcome: 'gate_full' }> | { outcome: 'open'; waits: boolean } {
  const at = ({ name }: Gate) => state.gates.get(name);
  const answer = admission(gates, {
    isFull: (gate) => (at(gate)?.holders.size ?? 0) >= gate.limit,
    isWaitedAt: (gate) => (at(gate)?.waiters.size ?? 0) > 0,
  });
  if (answer.refusedBy !== null) {
    const { name, whenFull } = answer.refusedBy;
    const gate = at(answer.refusedBy);
    const [oldest] = oldestOf(gate?.[whenFull === 'refuse' ? 'holders' : 'waiters'] ?? []);
    return { outcome: 'gate_full', gate: name, runId: oldest ?? run.runId };
  }
  for (const gate of answer.replaces) {
    const { holders = [], waiters = [] } = at(gate) ?? {};
    const there = [...oldestOf(holders), ...oldestOf(waiters)];
    deliverAll(
      state,
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
  state: MemoryState,
  run: MemoryRun,
  gates: readonly Gate[],
  waits: boolean,
): void {
  run.waits = waits;
  run.gateSet = gateSetOf(gates);
  const raised: MemoryGate[] = [];
  for (const { name, limit, whenFull } of gates) {
    const gate = gateNamed(state, name, limit);
    if (gate.limit < limit) raised.push(gate);
    gate.limit = limit;
    state.changes.gate(gate);
    gate[waits ? 'waiters' : 'holders'].add(run);
    run.stands.push({ gate, joins: whenFull === 'join' });
  }
  admitWaiting(state, raised);
}

function gateNamed(state: MemoryState, name: string, limit: number): MemoryGate {
  let gate = state.gates.get(name);
  if (gate === undefined) {
    gate = { name, limit, holders: new Set(), waiters: new Set() };
    state.gates.set(name, gate);
  }
  return gate;
}

/** A successor goes on in its predecessor's places. */
export function inheritPlaces(state: MemoryState, run: MemoryRun, predecessor: MemoryRun): void {
  run.stands = predecessor.stands;
  run.gateSet = predecessor.gateSet;
  for (const { gate } of run.stands) gate.holders.add(run);
  depart(state, predecessor);
}

/** Gives a finished run's places to those who wait for them. */
export function leaveGates(state: MemoryState, run: MemoryRun): void {
  // Of a gate that is not full, nobody waits for a place.
  const full = run.stands.map((stand) => stand.gate).filter(isFull);
  depart(state, run);
  admitWaiting(state, full);
}

/** Out of all queues and places; a gate that nobody stands at is forgotten. */
export function depart(state: MemoryState, run: MemoryRun): void {
  for (const { gate } of run.stands) {
    gate.holders.delete(run);
    gate.waiters.delete(run);
    if (gate.holders.size + gate.waiters.size === 0) state.gates.delete(gate.name);
  }
  run.stands = [];
  run.waits = false;
  state.changes.run(run);
}
