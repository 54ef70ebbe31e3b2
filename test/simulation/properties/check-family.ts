import { isFinished } from '../../../src/core/run.ts';
import type { World } from '../world/world.ts';
import type { Facts, FinalRun } from './facts.ts';

/** Parents are told what has become of their children, and nothing else. */
export function checkFamilies(world: World, facts: Facts): void {
  for (const parent of facts.runs) {
    for (const event of parent.events) {
      switch (event.type) {
        case 'child_workflow.completed':
        case 'child_workflow.failed':
        case 'child_workflow.cancelled': {
          const { child_run_id: runId } = event.data;
          const child = facts.byId(runId);
          const status = event.type.slice('child_workflow.'.length);
          if (child?.run.status === status) break;
          if (child === undefined && status === 'failed') break;
          world.violate(`${parent.run.runId}: told ${status} of ${runId}, a ${child?.run.status}`);
          break;
        }
        case 'child_workflow.started':
          checkChild(world, facts, parent, event.data.child_run_id);
          break;
        default:
      }
    }
  }
}

/** Its end is told unless its parent ended before, and it does not outlive its parent unless it may. */
function checkChild(world: World, facts: Facts, parent: FinalRun, runId: string): void {
  const first = facts.byId(runId);
  if (first === undefined) return;
  const { run } = facts.lastOf(first);
  const { completedAt } = parent.run;
  if (!isFinished(run.status) || completedAt === null) return;
  const told = parent.events.some(
    (event) =>
      event.type.startsWith('child_workflow.') &&
      event.type !== 'child_workflow.started' &&
      event.type !== 'child_workflow.cancel_requested' &&
      (event.data as { child_run_id?: string }).child_run_id === run.runId,
  );
  const endedBefore = (run.completedAt ?? 0) + LONG_MS < completedAt;
  if (endedBefore && !told && parent.run.status !== 'continued_as_new') {
    world.violate(`${parent.run.runId} was never told of the end of ${run.runId}`);
  }
}

/** A message that has waited longer than this, the owner dead and found out, was lost; milliseconds. */
const LONG_MS = 120_000;
