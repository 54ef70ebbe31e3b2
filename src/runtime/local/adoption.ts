import { isFinished, RUN_STATUSES } from '../../core/run.ts';
import type { RunEnd } from '../../executor/executor.ts';
import type { Store } from '../../storage/store.ts';

/** Runs of other processes that somebody here waits for, and what they wait for in their turn. */
export interface Adoption {
  readonly runIds: ReadonlySet<string>;
  /** With its unfinished children, whoever has begun them. */
  add(runId: string): Promise<void>;
  addChildren(runId: string, children: Iterable<{ readonly runId: string }>): void;
  /** A run that has gone on as a new one hands that on. */
  end(end: RunEnd): void;
  /** True while another process may die with one of them. */
  someRun(): Promise<boolean>;
}

const ACTIVE = RUN_STATUSES.filter((status) => !isFinished(status));

export function createAdoption(store: Store): Adoption {
  const runIds = new Set<string>();

  async function add(runId: string): Promise<void> {
    runIds.add(runId);
    const { items } = await store.listRuns({ parentRunId: runId, limit: 1000, statuses: ACTIVE });
    for (const child of items) if (!runIds.has(child.runId)) await add(child.runId);
  }

  return {
    runIds,
    add,
    addChildren(runId, children) {
      if (runIds.has(runId)) for (const child of children) runIds.add(child.runId);
    },
    end({ runId, continuedToRunId }) {
      if (runIds.delete(runId) && continuedToRunId !== null) runIds.add(continuedToRunId);
    },
    async someRun() {
      let running = false;
      for (const runId of runIds) {
        const run = await store.getRun(runId);
        if (run === null || isFinished(run.status)) runIds.delete(runId);
        else running ||= run.status === 'running';
      }
      return running;
    },
  };
}
