import type { Client, RegisteredWorker, RunGate } from '../../client/client.ts';
import { isFinished, type RunSummary } from '../../core/run.ts';
import { type OpenWork, openWorkOf } from './open-work.ts';

/** Everything that says why a run is where it is. */
export interface RunFacts {
  readonly run: RunSummary;
  readonly open: OpenWork;
  /** Sequence and time of the last thing that happened. */
  readonly lastEvent: { readonly sequence: number; readonly timestamp: number } | null;
  /** Its gates; none for a run that has begun. */
  readonly gates: readonly RunGate[];
  readonly workers: readonly RegisteredWorker[];
  readonly now: number;
}

export async function gatherFacts(client: Client, run: RunSummary, now: number): Promise<RunFacts> {
  const { runId, status } = run;
  const [events, gates, workers] = await Promise.all([
    client.runs.events(runId),
    status === 'pending' ? client.runs.gates(runId) : [],
    isFinished(status) ? [] : client.workers.list(),
  ]);
  return { run, open: openWorkOf(events), lastEvent: events.at(-1) ?? null, gates, workers, now };
}
