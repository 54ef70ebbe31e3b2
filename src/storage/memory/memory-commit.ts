import type { CreateRun, Write, WriteResult } from '../commit.ts';
import { advance } from './memory-advance.ts';
import { create } from './memory-create.ts';
import { deliver } from './memory-deliver.ts';
import { saveSchedule } from './memory-schedules.ts';
import type { MemoryState } from './memory-state.ts';
import { registeredWorker } from './memory-workers.ts';

export function commitBatch(state: MemoryState, batch: readonly Write[]): WriteResult[] {
  // The only thing that can fail, therefore before the first change.
  for (const write of batch) for (const made of createsOf(write)) assertWorkers(state, made);
  return batch.map((write) => {
    state.wakes = false;
    const result = writeOne(state, write);
    const wakes = state.wakes && result.outcome === 'committed';
    return wakes ? { ...result, wakes } : result;
  });
}

function createsOf(write: Write): readonly CreateRun[] {
  switch (write.op) {
    case 'create':
      return [write];
    case 'advance':
      return write.creates ?? [];
    case 'schedule':
      return write.occurrences.map((occurrence) => occurrence.create);
    case 'deliver':
      return [];
  }
}

/** @throws StoreError */
function assertWorkers(state: MemoryState, { workerId, creates }: CreateRun): void {
  if (workerId !== null) registeredWorker(state, workerId);
  for (const made of creates ?? []) assertWorkers(state, made);
}

/** Every refusal is decided before the first change, so a refused write leaves nothing behind. */
function writeOne(state: MemoryState, write: Write): WriteResult {
  switch (write.op) {
    case 'advance':
      return advance(state, write);
    case 'create':
      return create(state, write);
    case 'deliver':
      return deliver(state, write);
    case 'schedule':
      return saveSchedule(state, write);
  }
}
