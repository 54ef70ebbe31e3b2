import { type GateFact, NOT_LOADED, type Stand } from './facts.ts';
import { makeReady, type OpenGate, type Pass, patchOf, runView, settle, want } from './pass.ts';
import { indexed } from './text.ts';

export const EVERYBODY = Number.MAX_SAFE_INTEGER;

/** A gate as the writes before have left it; it is locked. */
export function openGate(pass: Pass, name: string): OpenGate {
  let gate = pass.gates.get(name);
  if (gate === undefined) {
    const fact = pass.facts.gates.get(name);
    if (fact === undefined) throw askFor(pass, name, 20);
    gate = { ...fact, held: [...fact.held], waiters: [...fact.waiters] };
    pass.gates.set(name, gate);
  }
  return gate;
}

export function isFull(gate: OpenGate): boolean {
  return gate.holders >= gate.places;
}

/** The oldest holders, at least `count` of them if there are so many. */
export function heldOf(pass: Pass, name: string, count: number): Stand[] {
  const gate = openGate(pass, name);
  const enough = gate.held.length >= Math.min(count, gate.holders);
  if (!enough) throw askFor(pass, name, Math.max(count, gate.held.length * 8));
  return gate.held;
}

/** The oldest waiters, at least `count` of them if there are so many. */
export function waitersOf(pass: Pass, name: string, count: number): Stand[] {
  const gate = openGate(pass, name);
  const enough = gate.waiters.length >= Math.min(count, gate.waiting);
  if (!enough) throw askFor(pass, name, Math.max(count, gate.waiters.length * 8));
  return gate.waiters;
}

function askFor(pass: Pass, name: string, count: number): Error {
  // A gate that was read with too few is read again.
  const fact: GateFact | undefined = pass.facts.gates.get(name);
  const read = fact === undefined ? 0 : Math.max(fact.held.length, fact.waiters.length);
  pass.wants.gates.set(name, Math.max(count, read * 8));
  pass.wants.any = true;
  return NOT_LOADED;
}

/** Admits who can pass now that places at these gates are free, the oldest first. */
export function admitWaiting(pass: Pass, names: readonly string[]): void {
  const blocked = new Set<string>();
  let queues = names;
  for (let after = -1; ; ) {
    let next: Stand | undefined;
    queues = queues.filter((name) => {
      const first = oldestWaiter(pass, name, after, blocked);
      if (first === undefined || (!first.joins && isFull(openGate(pass, name)))) return false;
      if (next === undefined || first.order < next.order) next = first;
      return true;
    });
    if (next === undefined) return;
    after = next.order;
    lockCandidates(pass, queues);
    if (runView(pass, next.runId)?.gated !== true) forget(pass, next);
    else if (passes(pass, next)) admit(pass, next);
    else blocked.add(next.gateSet);
  }
}

function oldestWaiter(
  pass: Pass,
  name: string,
  after: number,
  blocked: ReadonlySet<string>,
): Stand | undefined {
  const gate = openGate(pass, name);
  for (;;) {
    const found = gate.waiters.find((stand) => stand.order > after && !blocked.has(stand.gateSet));
    if (found !== undefined || gate.waiters.length >= gate.waiting) return found;
    waitersOf(pass, name, gate.waiters.length + 1);
  }
}

/** As many as may be admitted, in one round trip: the locks tell whether they still wait. */
function lockCandidates(pass: Pass, queues: readonly string[]): void {
  for (const name of queues) {
    const gate = openGate(pass, name);
    const free = Math.max(1, gate.places - gate.holders);
    for (const { runId } of gate.waiters.slice(0, free)) {
      if (!pass.created.has(runId)) want(pass, 'runs', runId);
    }
  }
  settle(pass);
}

function passes(pass: Pass, { gateSet }: Stand): boolean {
  return gatesIn(gateSet).every(({ name, joins }) => joins || !isFull(openGate(pass, name)));
}

function admit(pass: Pass, stand: Stand): void {
  const { runId, run } = stand;
  for (const { name } of gatesIn(stand.gateSet)) {
    const gate = openGate(pass, name);
    drop(gate, runId);
    gate.holders += 1;
    // Among those that came before it and hold it already, its place is by its age.
    gate.held = [...gate.held, stand].sort((a, b) => a.order - b.order);
  }
  const made = pass.created.get(runId);
  if (made !== undefined) {
    made.gated = false;
    for (const one of pass.changes.stands) if (one.ref.runId === runId) one.held = true;
  } else {
    patchOf(pass, { id: run, runId }).admitted = true;
    pass.changes.admitted.set(runId, { id: run, runId });
  }
  makeReady(pass, { id: run, runId });
  pass.wakes = true;
}

/** It has been claimed since to be cancelled, and waits no more. */
function forget(pass: Pass, { runId, gateSet }: Stand): void {
  for (const { name } of gatesIn(gateSet)) drop(openGate(pass, name), runId);
}

function drop(gate: OpenGate, runId: string): void {
  const left = gate.waiters.filter((one) => one.runId !== runId);
  gate.waiting -= gate.waiters.length - left.length;
  gate.waiters = left;
}

/** What `gateSetOf` has written. */
function gatesIn(gateSet: string): { name: string; joins: boolean }[] {
  const gates = JSON.parse(gateSet) as [string, boolean][];
  return gates.map(([name, joins]) => ({ name: indexed(name), joins }));
}
