import type { EventOf, WorkflowEvent } from '../core/event.ts';

/** Events that settle something user code awaits. */
export type Delivery = EventOf<
  | 'workflow.started'
  | 'step.completed'
  | 'step.failed'
  | 'sleep.completed'
  | 'hook.received'
  | 'hook.expired'
  | 'cancellation.requested'
>;

/** Events that record what user code asked for. */
export type Request = EventOf<'step.started' | 'sleep.started' | 'hook.created'>;

/** Events that change neither, but the state of a pending step. */
export type Note = EventOf<'step.started' | 'step.retrying'>;

/**
 * One delivery and what the code asked for in answer. Code runs to rest between two deliveries, so
 * a history is a list of these.
 */
export interface Activation {
  readonly delivery: Delivery;
  readonly requests: readonly Request[];
  readonly notes: readonly Note[];
}

/** Cuts a history into activations. */
export function activations(events: readonly WorkflowEvent[]): Activation[] {
  const list: { delivery: Delivery; requests: Request[]; notes: Note[] }[] = [];
  const requested = new Set<string>();
  for (const event of events) {
    const current = list.at(-1);
    switch (event.type) {
      case 'workflow.started':
      case 'step.completed':
      case 'sleep.completed':
      case 'hook.received':
      case 'hook.expired':
      case 'cancellation.requested':
        list.push({ delivery: event, requests: [], notes: [] });
        break;
      case 'step.failed':
        if (!event.data.is_retryable) list.push({ delivery: event, requests: [], notes: [] });
        break;
      case 'step.started':
        // A later attempt, or the same one again after a crash, is no new request.
        if (requested.has(event.data.step_id)) current?.notes.push(event);
        else current?.requests.push(event);
        requested.add(event.data.step_id);
        break;
      case 'sleep.started':
      case 'hook.created':
        current?.requests.push(event);
        break;
      case 'step.retrying':
        current?.notes.push(event);
        break;
      default:
    }
  }
  return list;
}

/** The id, kind and name a request was recorded under. */
export function requestOf(event: Request): { kind: string; id: string; name: string | null } {
  switch (event.type) {
    case 'step.started':
      return { kind: 'step', id: event.data.step_id, name: event.data.step_name };
    case 'sleep.started':
      return { kind: 'sleep', id: event.data.sleep_id, name: event.data.name };
    case 'hook.created':
      return { kind: 'hook', id: event.data.hook_id, name: event.data.name };
  }
}

/** `sleep.completed (event 17)`, for messages. */
export function describeDelivery({ type, sequence }: Delivery): string {
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
