import { getWorkflow } from '../workflow/registry.ts';
import type { Activity } from './activity.ts';
import { checkReplay } from './replay-history.ts';
import type { SharedStore } from './shared-store.ts';
import type { WorkflowMocks } from './workflow-mocks.ts';

interface Parts {
  readonly shared: SharedStore;
  readonly activity: Activity;
  readonly workflowMocks: WorkflowMocks;
  readonly onError: (error: unknown) => void;
}

/**
 * After every commit, the whole history of the run is replayed from its first event by a session
 * that has seen nothing else: it must ask for the same, and come to the same end.
 */
export function checkReplays({ shared, activity, workflowMocks, onError }: Parts): void {
  const { store } = shared;

  async function check(runId: string): Promise<void> {
    const run = await store.getRun(runId);
    const events = await store.readEvents(runId);
    // Nobody has begun it yet, or its code is what it is parked for.
    if (run === null || run.startedAt === null || run.status === 'interrupted') return;
    const definition = getWorkflow(run.workflowName);
    const fn = workflowMocks.functionOf(definition);
    await checkReplay({ ...definition, fn }, events, runId);
  }

  shared.onCommitted(({ runIds }) => {
    for (const runId of runIds) {
      activity.during('a replay of everything', check(runId).catch(onError));
    }
  });
}
