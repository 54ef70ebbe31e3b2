import { isoTime } from '../core/clock.ts';
import type { EventOf } from '../core/event.ts';
import type { ChildEnded } from '../engine/children.ts';
import type { InboxMessage } from '../storage/store.ts';
import { type Draft, record } from './draft.ts';
import type { RunInHand } from './run-in-hand.ts';

export type ChildMessage = Extract<InboxMessage, { type: 'child.ended' }>;

/** Records how a child ended, once. Gives the event to deliver to the parent's code. */
export function recordChildEnd(
  run: RunInHand & { readonly sequence: number },
  draft: Draft,
  message: ChildMessage,
): ChildEnded | null {
  const child = run.session.children.get(message.childId);
  if (child === undefined || child.end !== null) return null;
  const names = { child_id: message.childId, child_run_id: message.childRunId };
  const at = isoTime(draft.now);
  switch (message.status) {
    case 'completed':
      return told('child_workflow.completed', {
        ...names,
        result: message.result,
        completed_at: at,
      });
    case 'failed':
      return told('child_workflow.failed', {
        ...names,
        error: message.error,
        error_type: message.error.name,
        failed_at: at,
      });
    case 'cancelled':
      return told('child_workflow.cancelled', {
        ...names,
        reason: message.reason,
        cancelled_at: at,
      });
  }

  function told<T extends ChildEnded['type']>(type: T, data: EventOf<T>['data']): ChildEnded {
    record(draft, type, data as never);
    const sequence = run.sequence + draft.events.length;
    return { type, sequence, timestamp: draft.now, data } as ChildEnded;
  }
}
