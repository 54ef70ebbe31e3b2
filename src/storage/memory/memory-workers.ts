import { StoreError } from '../../core/errors.ts';
import type { WorkerRecord } from '../store.ts';
import type { MemoryState, MemoryWorker } from './memory-state.ts';

/** The last instant a Date can hold. */
const NEVER = 8_640_000_000_000_000;

export function registerWorker(state: MemoryState, record: WorkerRecord): void {
  const { workerId } = record;
  if (state.workers.has(workerId)) throw new StoreError(`Worker ${workerId} is registered already`);
  state.workers.set(workerId, { record: { ...record }, holds: new Set(), keptAlive: false });
}

/** @throws StoreError */
export function registeredWorker(state: MemoryState, workerId: string): MemoryWorker {
  const worker = state.workers.get(workerId);
  if (worker === undefined) throw new StoreError(`Worker ${workerId} is not registered`);
  return worker;
}

/**
 * A worker of this store cannot die without the store, so one that is kept alive needs no clock. It
 * expires as registered once it is let go.
 */
export function keepAlive(state: MemoryState, workerId: string): () => void {
  const worker = state.workers.get(workerId);
  if (worker !== undefined) worker.keptAlive = true;
  return () => {
    if (worker !== undefined) worker.keptAlive = false;
  };
}

export function expiryOf(worker: MemoryWorker): number {
  return worker.keptAlive ? NEVER : worker.record.expiresAt;
}

/** Gives everything the worker still holds to whoever comes first. */
export function removeWorker(state: MemoryState, workerId: string): void {
  for (const run of state.workers.get(workerId)?.holds ?? []) {
    run.owner = null;
    state.ready.add(run);
    state.changes.run(run);
  }
  state.workers.delete(workerId);
}

export function listWorkers(state: MemoryState): WorkerRecord[] {
  return [...state.workers.values()].map((worker) => ({
    ...worker.record,
    expiresAt: expiryOf(worker),
  }));
}
