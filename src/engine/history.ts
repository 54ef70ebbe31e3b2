import type { EventOf, WorkflowEvent } from '../core/event.ts';
import type { MarkType } from './command.ts';

/** Events that settle something user code awaits. */
export type Delivery = EventOf<
  | 'workflow.started'
  | 'step.completed'
  | 'step.failed'
  | 'sleep.completed'
  | 'hook.received'
  | 'hook.expired'
  | 'cancellation.requested'
  | 'child_workflow.completed'
  | 'child_workflow.failed'
  | 'child_workflow.cancelled'
>;

/** Events that close a history. */
export type Ending = EventOf<
  'workflow.completed' | 'workflow.failed' | 'workflow.cancelled' | 'workflow.continued_as_new'
>;

/** Events that record what user code asked for. */
export type Request = EventOf<
  | 'step.started'
  | 'sleep.started'
  | 'hook.created'
  | 'child_workflow.started'
  | 'child_workflow.cancel_requested'
  | MarkType
>;

/** Events that change neither, but the state of a pending step or a child. */
export type Note = EventOf<
  'step.started' | 'step.retrying' | 'step.delayed' | 'child_workflow.cancel_requested'
>;

/**
 * One delivery and what the code asked for in answer. Code runs to rest between two deliveries, so
 * a history is a list of these.
 */
export interface Activation {
  readonly delivery: Delivery;
  readonly requests: readonly Request[];
  readonly notes: readonly Note[];
  /** Lines that the workflow's code has put into the history meanwhile. */
  readonly logs: number;
}

/** Cuts a history into activations. */
export function activations(events: readonly WorkflowEvent[]): Activation[] {
  const list: { delivery: Delivery; requests: Request[]; notes: Note[]; logs: number }[] = [];
  const requested = new Set<string>();
  const deliver = (delivery: Delivery) => list.push({ delivery, requests: [], notes: [], logs: 0 });
  for (const event of events) {
    const current = list.at(-1);
    switch (event.type) {
      case 'workflow.started':
        // A run may have waited for its turn: its time begins with what it did first.
        deliver({ ...event, timestamp: events[1]?.timestamp ?? event.timestamp });
        break;
      case 'step.completed':
      case 'sleep.completed':
      case 'hook.received':
      case 'hook.expired':
      case 'cancellation.requested':
      case 'child_workflow.completed':
      case 'child_workflow.failed':
      case 'child_workflow.cancelled':
        deliver(event);
        break;
      case 'step.failed':
        if (!event.data.is_retryable) deliver(event);
        break;
      case 'step.started':
        // A later attempt, or the same one again after a crash, is no new request.
        if (requested.has(event.data.step_id)) current?.notes.push(event);
        else current?.requests.push(event);
        requested.add(event.data.step_id);
        break;
      case 'sleep.started':
      case 'hook.created':
      case 'child_workflow.started':
      case 'patch.applied':
      case 'compensation.started':
      case 'compensation.completed':
        current?.requests.push(event);
        break;
      case 'child_workflow.cancel_requested':
        // Only the workflow's own words are repeated by its code.
        if (event.data.requested_by === 'workflow') current?.requests.push(event);
        else current?.notes.push(event);
        break;
      case 'step.retrying':
      case 'step.delayed':
        current?.notes.push(event);
        break;
      case 'log.recorded':
        if (event.data.step_id === null && current !== undefined) current.logs++;
        break;
      default:
    }
  }
  return list;
}

/** How the history closes, or null while it is open. */
export function endingOf(events: readonly WorkflowEvent[]): Ending | null {
  const last = events.at(-1);
  return last !== undefined && isEnding(last) ? last : null;
}

export function isEnding(event: WorkflowEvent): event is Ending {
  return ENDINGS.has(event.type);
}

const ENDINGS: ReadonlySet<string> = new Set<Ending['type']>([
  'workflow.completed',
  'workflow.failed',
  'workflow.cancelled',
  'workflow.continued_as_new',
]);

/** The id, kind and name a request was recorded under. */
export function requestOf(event: Request): { kind: string; id: string; name: string | null } {
  switch (event.type) {
    case 'step.started':
      return { kind: 'step', id: event.data.step_id, name: event.data.step_name };
    case 'sleep.started':
      return { kind: 'sleep', id: event.data.sleep_id, name: event.data.name };
    case 'hook.created':
      return { kind: 'hook', id: event.data.hook_id, name: event.data.name };
    case 'child_workflow.started':
      return { kind: 'child', id: event.data.child_id, name: event.data.child_workflow_name };
    case 'child_workflow.cancel_requested':
      return { kind: 'cancellation of child', id: event.data.child_id, name: null };
    case 'patch.applied':
      return { kind: 'patch', id: event.data.patch_id, name: null };
    case 'compensation.started':
      return { kind: 'compensation', id: event.data.compensation_id, name: event.data.name };
    case 'compensation.completed':
      return { kind: 'end of compensation', id: event.data.compensation_id, name: null };
  }
}

/** `sleep.completed (event 17)`, for messages. */
export function describeDelivery({ type, sequence }: Delivery | Ending): string {
  return `${type} (event ${sequence})`;
}

/** `step 'chargeCard' (step_chargeCard_1)`, for messages. */
export function describe(request: {
  readonly kind: string;
  readonly id: string;
  readonly name: string | null;
}): string {
  const { kind, id, name } = request;
  return name === null ? `${kind} (${id})` : `${kind} '${name}' (${id})`;
}
