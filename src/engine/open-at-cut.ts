import type { EventOf, WorkflowEvent } from '../core/event.ts';

/** What a history leaves open: what whoever goes on from it has to wait for. */
export interface OpenAtCut {
  readonly sleeps: readonly EventOf<'sleep.started'>[];
  readonly hooks: readonly EventOf<'hook.created'>[];
  /** Attempts that are due later. */
  readonly delayed: readonly EventOf<'step.retrying' | 'step.delayed'>[];
  readonly children: readonly OpenChildAtCut[];
}

export interface OpenChildAtCut {
  readonly started: EventOf<'child_workflow.started'>;
  readonly cancel: EventOf<'child_workflow.cancel_requested'> | null;
}

export function openAtCut(events: readonly WorkflowEvent[]): OpenAtCut {
  const sleeps = new Map<string, EventOf<'sleep.started'>>();
  const hooks = new Map<string, EventOf<'hook.created'>>();
  const delayed = new Map<string, EventOf<'step.retrying' | 'step.delayed'>>();
  const children = new Map<string, OpenChildAtCut>();
  for (const event of events) {
    switch (event.type) {
      case 'sleep.started':
        sleeps.set(event.data.sleep_id, event);
        break;
      case 'sleep.completed':
        sleeps.delete(event.data.sleep_id);
        break;
      case 'hook.created':
        hooks.set(event.data.hook_id, event);
        break;
      case 'hook.received':
      case 'hook.expired':
      case 'hook.disposed':
        hooks.delete(event.data.hook_id);
        break;
      case 'step.retrying':
      case 'step.delayed':
        delayed.set(event.data.step_id, event);
        break;
      case 'step.started':
      case 'step.completed':
      case 'step.failed':
      case 'step.cancelled':
        delayed.delete(event.data.step_id);
        break;
      case 'child_workflow.started':
        children.set(event.data.child_id, { started: event, cancel: null });
        break;
      case 'child_workflow.cancel_requested': {
        const child = children.get(event.data.child_id);
        if (child !== undefined) children.set(event.data.child_id, { ...child, cancel: event });
        break;
      }
      case 'child_workflow.completed':
      case 'child_workflow.failed':
      case 'child_workflow.cancelled':
        children.delete(event.data.child_id);
        break;
      default:
    }
  }
  return {
    sleeps: [...sleeps.values()],
    hooks: [...hooks.values()],
    delayed: [...delayed.values()],
    children: [...children.values()],
  };
}
