import type { EventOf, WorkflowEvent } from '../../core/event.ts';

/** What a history has begun and not ended, in order. */
export interface OpenWork {
  readonly sleeps: readonly EventOf<'sleep.started'>[];
  readonly hooks: readonly EventOf<'hook.created'>[];
  readonly children: readonly EventOf<'child_workflow.started'>[];
  /** The latest attempt of each step that has not ended. */
  readonly steps: readonly OpenStep[];
  readonly cancellation: EventOf<'cancellation.requested'> | null;
  /** The last time it was interrupted, unless it has been resumed since. */
  readonly interruption: EventOf<'workflow.interrupted'> | null;
  /** A saga is undoing what was done. */
  readonly compensation: EventOf<'compensation.started'> | null;
}

export interface OpenStep {
  readonly started: EventOf<'step.started'>;
  readonly waits: EventOf<'step.retrying' | 'step.delayed'> | null;
  /** Of the attempt before. */
  readonly lastError: EventOf<'step.failed'> | null;
}

export function openWorkOf(events: readonly WorkflowEvent[]): OpenWork {
  const sleeps = new Map<string, EventOf<'sleep.started'>>();
  const hooks = new Map<string, EventOf<'hook.created'>>();
  const children = new Map<string, EventOf<'child_workflow.started'>>();
  const steps = new Map<string, OpenStep>();
  let cancellation: OpenWork['cancellation'] = null;
  let interruption: OpenWork['interruption'] = null;
  let compensation: OpenWork['compensation'] = null;

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
      case 'child_workflow.started':
        if (event.data.wait_for_completion) children.set(event.data.child_id, event);
        break;
      case 'child_workflow.completed':
      case 'child_workflow.failed':
      case 'child_workflow.cancelled':
        children.delete(event.data.child_id);
        break;
      case 'step.started':
      case 'step.completed':
      case 'step.failed':
      case 'step.retrying':
      case 'step.delayed':
      case 'step.cancelled':
        followStep(steps, event);
        break;
      case 'cancellation.requested':
        cancellation = event;
        // It has thrown at every wait that was open.
        sleeps.clear();
        break;
      case 'workflow.interrupted':
        interruption = event;
        break;
      case 'workflow.resumed':
        interruption = null;
        break;
      case 'compensation.started':
        compensation = event;
        break;
      case 'compensation.completed':
        compensation = null;
        break;
    }
  }
  const values = <T>(map: Map<string, T>) => [...map.values()];
  return {
    sleeps: values(sleeps),
    hooks: values(hooks),
    children: values(children),
    steps: values(steps),
    ...{ cancellation, interruption, compensation },
  };
}

type StepEvent = EventOf<
  | 'step.started'
  | 'step.completed'
  | 'step.failed'
  | 'step.retrying'
  | 'step.delayed'
  | 'step.cancelled'
>;

function followStep(steps: Map<string, OpenStep>, event: StepEvent): void {
  const id = event.data.step_id;
  const known = steps.get(id);
  switch (event.type) {
    case 'step.started':
      steps.set(id, { started: event, waits: null, lastError: known?.lastError ?? null });
      break;
    case 'step.failed':
      if (!event.data.is_retryable) steps.delete(id);
      else if (known !== undefined) steps.set(id, { ...known, lastError: event });
      break;
    case 'step.retrying':
    case 'step.delayed':
      if (known !== undefined) steps.set(id, { ...known, waits: event });
      break;
    default:
      steps.delete(id);
  }
}
