import { isFinished } from '../../core/run.ts';
import type { CreateRun, Deliver, Write } from '../commit.ts';
import type { RunDoc } from './docs.ts';
import { gateKey, idempotencyKey, runKey, scheduleKey } from './keys.ts';
import type { Root } from './root.ts';

/** The roots that a write is known to touch before it is decided: who else does comes after it. */
export function namesOf(write: Write, cache: ReadonlyMap<string, Root>): string[] {
  const names = new Set<string>();
  switch (write.op) {
    case 'create':
      ofCreate(write, names);
      break;
    case 'deliver':
      names.add(runKey(write.runId));
      break;
    case 'advance': {
      const pk = runKey(write.lease.runId);
      names.add(pk);
      ofRelated(write.creates, write.deliveries, names);
      if (write.run?.status !== undefined && isFinished(write.run.status)) {
        ofEnd(cache.get(pk), names);
      }
      break;
    }
    case 'schedule':
      names.add(scheduleKey(write.schedule.scheduleId));
      for (const { create } of write.occurrences) ofCreate(create, names);
  }
  return [...names];
}

function ofCreate(write: CreateRun, names: Set<string>): void {
  const { run, gates = [], ifRefused } = write;
  names.add(runKey(run.runId));
  if (run.idempotencyKey !== null) names.add(idempotencyKey(run.workflowName, run.idempotencyKey));
  if (run.scheduleId !== null && isFinished(run.status)) names.add(scheduleKey(run.scheduleId));
  for (const gate of gates) names.add(gateKey(gate.name));
  if (ifRefused !== undefined) names.add(runKey(ifRefused.runId));
  ofRelated(write.creates, write.deliveries, names);
}

function ofRelated(
  creates: readonly CreateRun[] = [],
  deliveries: readonly Deliver[] = [],
  names: Set<string>,
): void {
  for (const write of creates) ofCreate(write, names);
  for (const { runId } of deliveries) names.add(runKey(runId));
}

function ofEnd(root: Root | undefined, names: Set<string>): void {
  if (root?.doc == null || !('i' in root.doc)) return;
  const { stands, run }: RunDoc = JSON.parse(root.doc.i);
  for (const { name } of stands) names.add(gateKey(name));
  if (run.scheduleId !== null) names.add(scheduleKey(run.scheduleId));
}

/** Runs, hooks and schedules that a write may make: each gets a number. */
export function numbersFor(write: Write): number {
  switch (write.op) {
    case 'create':
      return 1 + write.hooks.length + sum(write.creates);
    case 'advance':
      return (write.hooks?.length ?? 0) + sum(write.creates);
    case 'schedule':
      return 1 + sum(write.occurrences.map(({ create }) => create));
    case 'deliver':
      return 0;
  }
}

function sum(writes: readonly CreateRun[] = []): number {
  return writes.reduce((total, write) => total + numbersFor(write), 0);
}
