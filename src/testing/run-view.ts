import type { Client } from '../client/client.ts';
import type { WorkflowEvent } from '../core/event.ts';
import type { RunStatus } from '../core/run.ts';

export const INSPECT = Symbol.for('pyworkflow.testing.inspect');

/** What matchers look at. */
export interface RunView {
  /** For messages: `run run_1 of workflow 'order'`. */
  readonly name: string;
  readonly status: RunStatus;
  /** Names, in the order in which they completed. */
  readonly completedSteps: readonly string[];
  /** Milliseconds, in the order in which they ended. */
  readonly slept: readonly number[];
  /** Names of the hooks that nobody has answered yet. */
  readonly waitingHooks: readonly string[];
}

/** A thing that matchers can look at: the handle of a run, or a mock context. */
export interface Inspectable {
  [INSPECT](): Promise<RunView>;
}

export async function inspectRun(client: Client, id: string): Promise<RunView> {
  const { runId, workflowName, status } = await client.runs.get(id);
  const events = await client.runs.events(runId);
  return { name: `run ${runId} of workflow '${workflowName}'`, status, ...viewOf(events) };
}

function viewOf(events: readonly WorkflowEvent[]): Omit<RunView, 'name' | 'status'> {
  const completedSteps: string[] = [];
  const slept: number[] = [];
  const sleeps = new Map<string, number>();
  const hooks = new Map<string, string>();
  for (const { type, data } of events) {
    switch (type) {
      case 'step.completed':
        completedSteps.push(data.step_name);
        break;
      case 'sleep.started':
        sleeps.set(data.sleep_id, data.duration_seconds * 1000);
        break;
      case 'sleep.completed':
        slept.push(sleeps.get(data.sleep_id) ?? 0);
        break;
      case 'hook.created':
        hooks.set(data.hook_id, data.name);
        break;
      case 'hook.received':
      case 'hook.expired':
      case 'hook.disposed':
        hooks.delete(data.hook_id);
        break;
      default:
    }
  }
  return { completedSteps, slept, waitingHooks: [...hooks.values()] };
}
