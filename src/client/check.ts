import type { RunStatus, RunSummary } from '../core/run.ts';
import { checkRun } from '../executor/check-run.ts';
import type { Executor } from '../executor/executor.ts';
import { runInContext } from '../workflow/context.ts';
import type { CheckedRun, CheckRuns, RunsClient } from './client.ts';

/** Runs listed at a time; of their histories one is in memory. */
const PAGE = 100;
const UNFINISHED: readonly RunStatus[] = ['pending', 'running', 'suspended', 'interrupted'];

export async function* checkRuns(
  { store }: Executor,
  runs: RunsClient,
  { ids, histories, ...filter }: CheckRuns,
): AsyncGenerator<CheckedRun> {
  for (const { events, ...facts } of histories ?? []) {
    const { runId, workflowName } = facts;
    const verdict = await unseen(() => checkRun(workflowName, events, facts));
    yield { runId, workflowName, status: null, verdict };
  }
  for (const id of ids ?? []) yield await checkStored(await runs.get(id));
  if (ids !== undefined || histories !== undefined) return;

  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let cursor = filter.cursor;
  while (left > 0) {
    const limit = Math.min(PAGE, left);
    const page = await store.listRuns({ statuses: UNFINISHED, ...filter, limit, cursor });
    for (const run of page.items) yield await checkStored(run);
    if (page.nextCursor === null) return;
    left -= page.items.length;
    cursor = page.nextCursor;
  }

  async function checkStored(run: RunSummary): Promise<CheckedRun> {
    const { runId, workflowName, status } = run;
    const events = await store.readEvents(runId);
    const verdict = await unseen(() => checkRun(workflowName, events, run));
    return { runId, workflowName, status, verdict };
  }
}

/** The code under test must not see the context that the check is called in. */
function unseen<T>(check: () => Promise<T>): Promise<T> {
  return runInContext(undefined, check);
}
