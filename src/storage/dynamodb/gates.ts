import type { RunRecord } from '../../core/run.ts';
import { admission, gateSetOf } from '../admission.ts';
import type { Deliver, Gate, WriteResult } from '../commit.ts';
import type { Connection } from './connection.ts';
import { deliver } from './deliver.ts';
import type { GateDoc, RunDoc } from './docs.ts';
import { digest, leaveStand, type Standing, standing, takeStand } from './gate-queue.ts';
import type { Work } from './work.ts';

type Answer =
  | Extract<WriteResult, { outcome: 'gate_full' }>
  | { readonly outcome: 'open'; readonly waits: boolean };

/** Asks the gates of a run that is about to be created, and sends away whom it replaces. */
export async function askGates(
  connection: Connection,
  work: Work,
  run: RunRecord,
  gates: readonly Gate[],
): Promise<Answer> {
  const docs = new Map<string, GateDoc | null>();
  const held = await Promise.all(gates.map(({ name }) => work.gate(name)));
  for (const [index, { name }] of gates.entries()) docs.set(name, held[index]?.doc ?? null);
  const at = ({ name }: Gate) => docs.get(name);
  const answer = admission(gates, {
    isFull: (gate) => (at(gate)?.holders ?? 0) >= gate.limit,
    isWaitedAt: (gate) => (at(gate)?.waiting ?? 0) > 0,
  });
  if (answer.refusedBy !== null) {
    const { name, whenFull } = answer.refusedBy;
    const place = whenFull === 'refuse' ? 'h' : 'q';
    let runId = run.runId;
    for await (const { doc } of standing(connection, work, name, place)) {
      runId = doc.run.runId;
      break;
    }
    return { outcome: 'gate_full', gate: name, runId };
  }
  for (const { name } of answer.replaces) {
    for (const place of ['h', 'q'] as const) {
      for await (const { doc } of standing(connection, work, name, place)) {
        const { outcome } = await deliver(work, replacement(doc.run.runId, run));
        if (outcome === 'committed') work.wakes = true;
      }
    }
  }
  return { outcome: 'open', waits: answer.waits };
}

function replacement(runId: string, by: RunRecord): Deliver {
  const reason = `replaced by run ${by.runId}`;
  const message = { type: 'cancel' as const, reason, requestedBy: 'gate' };
  return { op: 'deliver', runId, message, now: by.createdAt };
}

/** Takes the run's places, or one in each of their queues. */
export async function standAtGates(
  connection: Connection,
  work: Work,
  doc: RunDoc,
  gates: readonly Gate[],
  waits: boolean,
): Promise<void> {
  doc.waits = waits;
  doc.gateSet = gateSetOf(gates);
  doc.stands = gates.map(({ name, whenFull }) => ({ name, joins: whenFull === 'join' }));
  const raised: string[] = [];
  for (const { name, limit } of gates) {
    const held = await work.gate(name);
    held.doc ??= { limit, holders: 0, waiting: 0 };
    if (held.doc.limit < limit) raised.push(name);
    held.doc.limit = limit;
    held.doc[waits ? 'waiting' : 'holders'] += 1;
    takeStand(work, name, waits ? 'q' : 'h', doc);
  }
  await admitWaiting(connection, work, raised);
}

/** A successor goes on in its predecessor's places. */
export function inheritPlaces(work: Work, doc: RunDoc, predecessor: RunDoc): void {
  doc.stands = predecessor.stands;
  doc.gateSet = predecessor.gateSet;
  predecessor.stands = [];
  for (const { name } of doc.stands) {
    takeStand(work, name, 'h', doc);
    leaveStand(work, name, 'h', predecessor);
  }
}

/** Gives a finished run's places to those who wait for them. */
export async function leaveGates(connection: Connection, work: Work, doc: RunDoc): Promise<void> {
  const names = doc.stands.map(({ name }) => name);
  const full: string[] = [];
  // Of a gate that is not full, nobody waits for a place.
  for (const name of names) if (isFull((await work.gate(name)).doc)) full.push(name);
  await depart(work, doc);
  await admitWaiting(connection, work, full);
}

/** Out of all queues and places. */
export async function depart(work: Work, doc: RunDoc): Promise<void> {
  const place = doc.waits ? 'q' : 'h';
  for (const { name } of doc.stands) {
    const gate = (await work.gate(name)).doc;
    if (gate !== null) gate[doc.waits ? 'waiting' : 'holders'] -= 1;
    leaveStand(work, name, place, doc);
  }
  doc.stands = [];
  doc.waits = false;
}

function isFull(gate: GateDoc | null): boolean {
  return gate !== null && gate.holders >= gate.limit;
}

/** Admits who can pass now that places at these gates are free, the oldest first. */
async function admitWaiting(
  connection: Connection,
  work: Work,
  names: readonly string[],
): Promise<void> {
  const blocked = new Set<string>();
  const queues = await Promise.all(
    names.map(async (name) => {
      const nobodyWaits = ((await work.gate(name)).doc?.waiting ?? 0) === 0;
      const waiters = standing(connection, work, name, 'q', blocked);
      const first: Standing | undefined = nobodyWaits ? undefined : (await waiters.next()).value;
      return { name, waiters, first };
    }),
  );
  for (;;) {
    let next: Standing | undefined;
    for (const queue of queues) {
      // Nobody waits any more who has been admitted, perhaps through another queue.
      while (
        queue.first &&
        (!queue.first.doc.waits || blocked.has(digest(queue.first.doc.gateSet)))
      )
        queue.first = (await queue.waiters.next()).value;
      const { first } = queue;
      if (first === undefined) continue;
      const joins = first.doc.stands.some(({ name, joins: any }) => name === queue.name && any);
      if (!joins && isFull((await work.gate(queue.name)).doc)) queue.first = undefined;
      else if (next === undefined || first.doc.n < next.doc.n) next = first;
    }
    if (next === undefined) break;
    if (await passes(work, next.doc)) await admit(work, next.doc);
    else blocked.add(digest(next.doc.gateSet));
  }
  for (const { waiters } of queues) await waiters.return(undefined);
}

async function passes(work: Work, doc: RunDoc): Promise<boolean> {
  for (const { name, joins } of doc.stands) {
    const gate = await work.gate(name);
    if (joins || !isFull(gate.doc)) continue;
    // Whoever leaves it at the same time takes this one for full: one of the two must look again.
    work.pin(gate);
    return false;
  }
  return true;
}

async function admit(work: Work, doc: RunDoc): Promise<void> {
  for (const { name } of doc.stands) {
    const gate = (await work.gate(name)).doc;
    if (gate !== null) {
      gate.waiting -= 1;
      gate.holders += 1;
    }
    leaveStand(work, name, 'q', doc);
    takeStand(work, name, 'h', doc);
  }
  doc.waits = false;
  doc.ready = true;
  work.wakes = true;
}
