import type { WorkflowEvent } from '../../../src/core/event.ts';
import type { RunRecord } from '../../../src/core/run.ts';
import type { World } from '../world/world.ts';

/** What the store holds in the end. */
export interface Facts {
  readonly runs: readonly FinalRun[];
  byId(runId: string): FinalRun | undefined;
  /** The last run of its chain. */
  lastOf(run: FinalRun): FinalRun;
}

export interface FinalRun {
  readonly run: RunRecord;
  readonly events: readonly WorkflowEvent[];
}

export async function readFacts({ hub, recorder }: World): Promise<Facts> {
  const byId = new Map<string, FinalRun>();
  for (const runId of recorder.runs.keys()) {
    const run = await hub.store.getRun(runId);
    if (run !== null) byId.set(runId, { run, events: await hub.store.readEvents(runId) });
  }
  const lastOf = (from: FinalRun): FinalRun => {
    const next = byId.get(from.run.continuedToRunId ?? '');
    return next === undefined ? from : lastOf(next);
  };
  return { runs: [...byId.values()], byId: (runId) => byId.get(runId), lastOf };
}
