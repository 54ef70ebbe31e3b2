import { decode } from '../core/codec.ts';
import { decodeError } from '../core/error-codec.ts';
import { CancellationError, ChildWorkflowFailedError } from '../core/errors.ts';
import type { EventOf, ParentClosePolicy } from '../core/event.ts';
import { createPending, type Pending, rejectQuietly } from './pending.ts';

export type ChildEnded = EventOf<
  'child_workflow.completed' | 'child_workflow.failed' | 'child_workflow.cancelled'
>;

/** A child workflow as its parent's code knows it: from the parent's own history. */
export interface Child {
  readonly id: string;
  /** The first run of its chain. */
  readonly runId: string;
  readonly workflowName: string;
  readonly policy: ParentClosePolicy;
  /** Started where cancellation does not reach. */
  readonly shielded: boolean;
  end: ChildEnded | null;
  cancelRequested: boolean;
  /** Who awaits its end. */
  readonly waits: Set<Pending>;
}

/** A promise of the child's result, as often as the code asks for it. */
export function awaitChild(
  session: { parkUnreadable(event: ChildEnded, error: unknown): void },
  child: Child,
  shielded: boolean,
): Promise<unknown> {
  const wait = createPending('child', child.id, child.workflowName, shielded);
  if (child.end === null) child.waits.add(wait);
  else {
    try {
      settle(wait, child, child.end);
    } catch (error) {
      session.parkUnreadable(child.end, error);
    }
  }
  return wait.promise;
}

export function endChild(child: Child, end: ChildEnded): void {
  child.end = end;
  for (const wait of child.waits) settle(wait, child, end);
  child.waits.clear();
}

/** Lets go of those who wait outside of a shield: the child itself is asked to stop elsewhere. */
export function cancelWaits(child: Child, error: Error): void {
  for (const wait of child.waits) {
    if (wait.shielded) continue;
    child.waits.delete(wait);
    rejectQuietly(wait, error);
  }
}

function settle(wait: Pending, child: Child, end: ChildEnded): void {
  const { child_run_id: runId } = end.data;
  switch (end.type) {
    case 'child_workflow.completed':
      // Each wait gets a value of its own: decoding may take the stored one over.
      return wait.resolve(decode(structuredClone(end.data.result)));
    case 'child_workflow.failed': {
      const cause = decodeError(structuredClone(end.data.error));
      const error = new ChildWorkflowFailedError(runId, child.workflowName, 'failed', cause);
      return rejectQuietly(wait, error);
    }
    case 'child_workflow.cancelled': {
      const cause = new CancellationError(end.data.reason);
      const error = new ChildWorkflowFailedError(runId, child.workflowName, 'cancelled', cause);
      return rejectQuietly(wait, error);
    }
  }
}
