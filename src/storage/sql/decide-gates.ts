import type { RunRecord } from '../../core/run.ts';
import { admission, gateSetOf } from '../admission.ts';
import type { Deliver, Gate, WriteResult } from '../commit.ts';
import type { RunRef } from './changes.ts';
import { deliverAll, noteNeeds } from './decide-deliver.ts';
import type { Stand } from './facts.ts';
import { admitWaiting, EVERYBODY, heldOf, isFull, openGate, waitersOf } from './gate-queue.ts';
import { type Pass, settle } from './pass.ts';
import type { SqlLease } from './sql-lease.ts';
import { indexed } from './text.ts';

/** As many of those at a gate are read at first. */
const NAMED = 20;

export function wantGates(pass: Pass, gates: readonly Gate[]): void {
  wantGateNames(
    pass,
    gates.map((gate) => indexed(gate.name)),
  );
}

export function wantGateNames(pass: Pass, names: readonly string[]): void {
  for (const name of names) {
    if (pass.facts.gates.has(name)) continue;
    pass.wants.gates.set(name, NAMED);
    pass.wants.any = true;
  }
}

/** Asks the gates of a run that is about to be created, and sends away whom it replaces. */
export function askGates(
  pass: Pass,
  run: RunRecord,
  gates: readonly Gate[],
): Extract<WriteResult, { outcome: 'gate_full' }> | { outcome: 'open'; waits: boolean } {
  if (gates.length === 0) return { outcome: 'open', waits: false };
  wantGates(pass, gates);
  settle(pass);
  const at = ({ name }: Gate) => openGate(pass, indexed(name));
  const answer = admission(gates, {
    isFull: (gate) => at(gate).holders >= gate.limit,
    isWaitedAt: (gate) => at(gate).waiting > 0,
  });
  if (answer.refusedBy !== null) {
    const { name, whenFull } = answer.refusedBy;
    const there = whenFull === 'refuse' ? heldOf(pass, indexed(name), 1) : at(answer.refusedBy);
    const [oldest] = Array.isArray(there) ? there : there.waiters;
    return { outcome: 'gate_full', gate: name, runId: oldest?.runId ?? run.runId };
  }
  const sent = answer.replaces.flatMap(({ name }) => {
    const held = heldOf(pass, indexed(name), EVERYBODY);
    const waiters = waitersOf(pass, indexed(name), EVERYBODY);
    return [...held, ...waiters].map(({ runId }) => replacement(runId, run));
  });
  for (const write of sent) noteNeeds(pass, write);
  settle(pass);
  deliverAll(pass, sent);
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
  pass: Pass,
  ref: RunRef,
  gates: readonly Gate[],
  waits: boolean,
): void {
  const gateSet = gateSetOf(gates);
  const raised: string[] = [];
  // Behind all that are there already, and in the order of the batch.
  const order = Number.MAX_SAFE_INTEGER / 2 + pass.changes.newRuns.length;
  for (const { name: fullName, limit, whenFull } of gates) {
    const name = indexed(fullName);
    const gate = openGate(pass, name);
    const before = gate.holders + gate.waiting > 0 ? gate.places : limit;
    if (before < limit) raised.push(name);
    gate.places = limit;
    pass.changes.places.set(name, limit);
    const joins = whenFull === 'join';
    const stand: Stand = { runId: ref.runId, run: null, order, joins, gateSet };
    // What has not been read of a long queue comes before it.
    if (waits && gate.waiters.length === gate.waiting) gate.waiters.push(stand);
    if (!waits && gate.held.length === gate.holders) gate.held.push(stand);
    if (waits) gate.waiting += 1;
    else gate.holders += 1;
    pass.changes.stands.push({ ref, gate: name, name: fullName, joins, gateSet, held: !waits });
  }
  admitWaiting(pass, raised);
}

/** A successor goes on in its predecessor's places. */
export function inheritPlaces(pass: Pass, ref: RunRef, lease: SqlLease): void {
  if (lease.gates.length === 0) return;
  wantGateNames(pass, lease.gates);
  settle(pass);
  for (const name of lease.gates) {
    const gate = openGate(pass, name);
    gate.held = gate.held.map((stand) =>
      stand.runId === lease.runId ? { ...stand, runId: ref.runId, run: null } : stand,
    );
  }
  pass.changes.inherited.push({ from: lease, to: ref });
}

/** Gives a finished run's places to those who wait for them. */
export function leaveGates(pass: Pass, lease: SqlLease): void {
  const { changes } = pass;
  if (lease.gates.length === 0 || changes.inherited.some(({ from }) => from === lease)) return;
  // Of a gate that is not full, nobody waits for a place.
  const full = lease.gates.filter((name) => isFull(openGate(pass, name)));
  for (const name of lease.gates) {
    const gate = openGate(pass, name);
    gate.held = gate.held.filter((stand) => stand.runId !== lease.runId);
    gate.holders -= 1;
  }
  changes.left.set(lease.runId, lease);
  admitWaiting(pass, full);
}
