import { claimRuns } from '../memory/memory-claim.ts';
import type { MemoryWorker } from '../memory/memory-state.ts';
import { registerWorker, removeWorker } from '../memory/memory-workers.ts';
import type { Claim, ClaimRequest, WorkerRecord } from '../store.ts';
import type { FileState } from './file-state.ts';
import { type Files, isMissing, removeIfThere } from './files.ts';
import type { Layout } from './folder.ts';

const DAY_MS = 86_400_000;

/** Workers, and the files that say how long they count as alive; those need no commit. */
export interface FileWorkers {
  /** As their files say now. */
  readonly refresh: (workers: Iterable<MemoryWorker>) => void;
  readonly claim: (state: FileState, request: ClaimRequest) => Claim[];
  /** Those that seem to be dead are asked once more before anything is taken from them. */
  readonly refreshSuspects: (state: FileState, request: ClaimRequest) => void;
  readonly register: (state: FileState, worker: WorkerRecord) => void;
  readonly remove: (state: FileState, workerId: string) => void;
}

export function createFileWorkers(files: Files, layout: Layout): FileWorkers {
  function expiryOf(workerId: string): number | null {
    try {
      const { expiresAt } = JSON.parse(files.readText(layout.beat(workerId)));
      return typeof expiresAt === 'number' ? expiresAt : null;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  function refresh(workers: Iterable<MemoryWorker>): void {
    for (const worker of workers) {
      const expiresAt = expiryOf(worker.record.workerId);
      if (expiresAt !== null) worker.record = { ...worker.record, expiresAt };
    }
  }

  function refreshSuspects(state: FileState, { now, workerId }: ClaimRequest): void {
    const suspects = [...state.memory.workers.values()].filter(
      ({ record, holds }) =>
        holds.size > 0 && record.workerId !== workerId && record.expiresAt <= now,
    );
    refresh(suspects);
  }

  function forget(state: FileState, workerId: string): void {
    const { changed } = state;
    for (const worker of changed.workers) {
      if (worker.record.workerId === workerId) changed.workers.delete(worker);
    }
    changed.gone.add(workerId);
    removeIfThere(files, layout.beat(workerId));
  }

  return {
    refresh,
    refreshSuspects,
    claim(state, request) {
      refreshSuspects(state, request);
      return claimRuns(state.memory, request);
    },
    register(state, worker) {
      const { workers } = state.memory;
      const idle = [...workers.values()].filter(({ holds }) => holds.size === 0);
      refresh(idle);
      for (const { record } of idle) {
        if (record.expiresAt >= worker.startedAt - DAY_MS) continue;
        workers.delete(record.workerId);
        forget(state, record.workerId);
      }
      registerWorker(state.memory, worker);
      const added = workers.get(worker.workerId);
      if (added !== undefined) state.changed.workers.add(added);
      state.changed.gone.delete(worker.workerId);
    },
    remove(state, workerId) {
      if (!state.memory.workers.has(workerId)) return;
      removeWorker(state.memory, workerId);
      forget(state, workerId);
    },
  };
}
