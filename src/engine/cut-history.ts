import { closestName } from '../core/closest-name.ts';
import { ValidationError } from '../core/errors.ts';
import type { EventOf, WorkflowEvent } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import { type Activation, activations, isEnding } from './history.ts';

export interface CutRequest {
  /** The id of a step, or its name for the last one of that name; default: the last that failed. */
  readonly fromStep?: string | undefined;
  /** Results by id or name, encoded. */
  readonly overrides: { readonly [step: string]: Json };
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The part of a history that another run may go on from. */
export interface CutHistory {
  /** Without gaps in the sequence. */
  readonly events: readonly WorkflowEvent[];
  /** Sequence of the delivery that the step was asked for in answer to. */
  readonly through: number;
  /** Maps the sequence of a kept event to its new one, that of any other to the next kept before it. */
  readonly renumber: (sequence: number) => number;
  /** Nothing is kept but the beginning. */
  readonly isFresh: boolean;
}

/**
 * Cuts a history before a step: what the code asked for in the same breath goes as well, and is
 * asked for anew. With an override for the step itself the breath stays and ends with that result.
 * @throws ValidationError if there is no such step, or an override's step has not ended before
 */
export function cutHistory(events: readonly WorkflowEvent[], request: CutRequest): CutHistory {
  const list = activations(events);
  const asked = stepsOf(list);
  const stepId = request.fromStep === undefined ? lastFailed(list) : find(asked, request.fromStep);
  const index = list.findIndex(({ requests }) => requests.some((event) => isStart(event, stepId)));
  const { delivery } = list[index] as Activation;
  const { own, others } = resolveOverrides(stepsOf(list.slice(0, index + 1)), stepId, request);
  const next = list[index + 1]?.delivery.sequence ?? Number.POSITIVE_INFINITY;
  const unended = new Set(others.keys());
  const kept: WorkflowEvent[] = [];
  const places: number[] = [];

  const keep = (event: WorkflowEvent, place: number) => {
    places.push(place);
    kept.push({ ...event, sequence: kept.length + 1 } as WorkflowEvent);
  };
  for (const event of events) {
    const { sequence } = event;
    if (sequence >= next) break;
    if (!isTakenOver(event)) continue;
    if (sequence < delivery.sequence) keep(overridden(event, others, unended), sequence);
    else if (own !== undefined) {
      if (!isClosing(event, delivery)) keep(overridden(event, others, unended), sequence);
    } else if (sequence === delivery.sequence) {
      // What the code asks for anew, it asks for now: a sleep must not have been over for days.
      keep({ ...overridden(event, others, unended), timestamp: request.now }, sequence);
    } else if (isConsequence(event) && !isClosing(event, delivery)) keep(event, sequence);
  }
  for (const step of unended) throw notEnded(step);
  const renumber = (sequence: number) => places.filter((place) => place <= sequence).length;
  if (own !== undefined) keep(completion(asked, stepId, own, request.now), next);
  const isFresh = index === 0 && own === undefined;
  return { events: kept, through: renumber(delivery.sequence), renumber, isFresh };
}

type StepStarted = EventOf<'step.started'>;

function stepsOf(list: readonly Activation[]): StepStarted[] {
  return list.flatMap(({ requests }) => requests.filter((event) => event.type === 'step.started'));
}

function isStart(event: WorkflowEvent, stepId: string): boolean {
  return event.type === 'step.started' && event.data.step_id === stepId;
}

function find(steps: readonly StepStarted[], wanted: string, path = 'fromStep'): string {
  const byId = steps.find(({ data }) => data.step_id === wanted);
  const found = byId ?? steps.findLast(({ data }) => data.step_name === wanted);
  if (found !== undefined) return found.data.step_id;
  const known = [...new Set(steps.flatMap(({ data }) => [data.step_name, data.step_id]))];
  const near = closestName(wanted, known);
  const message =
    path === 'fromStep'
      ? `the run has never begun a step '${wanted}'`
      : `the part that is taken over has no step '${wanted}'`;
  const hint =
    near === undefined ? 'See its steps with: pyworkflow runs logs' : `Did you mean '${near}'?`;
  throw new ValidationError('fork', [{ path, message }], hint);
}

function lastFailed(list: readonly Activation[]): string {
  for (const { delivery } of list.toReversed()) {
    if (delivery.type === 'step.failed') return delivery.data.step_id;
  }
  const message = 'no step of the run has failed';
  const hint = 'Name the step to go on from, by its name or id: fromStep, --from-step';
  throw new ValidationError('fork', [{ path: 'fromStep', message }], hint);
}

/** @returns the override of the step itself, and those of others by id */
function resolveOverrides(
  steps: readonly StepStarted[],
  stepId: string,
  { overrides }: CutRequest,
): { own: Json | undefined; others: ReadonlyMap<string, Json> } {
  const all = new Map(
    Object.entries(overrides).map(([key, value]) => [find(steps, key, `overrides.${key}`), value]),
  );
  const own = all.get(stepId);
  all.delete(stepId);
  return { own, others: all };
}

function overridden(
  event: WorkflowEvent,
  overrides: ReadonlyMap<string, Json>,
  unended: Set<string>,
): WorkflowEvent {
  if (event.type !== 'step.completed' && event.type !== 'step.failed') return event;
  const { step_id, step_name, attempt } = event.data;
  const result = overrides.get(step_id);
  if (result === undefined) return event;
  if (event.type === 'step.failed' && event.data.is_retryable) return event;
  unended.delete(step_id);
  const { timestamp, sequence } = event;
  const data = { step_id, step_name, result, attempt };
  return { type: 'step.completed', timestamp, sequence, data };
}

function completion(
  steps: readonly StepStarted[],
  stepId: string,
  result: Json,
  timestamp: number,
): WorkflowEvent {
  const { step_name } = steps.find(({ data }) => data.step_id === stepId)?.data ?? {
    step_name: '',
  };
  const data = { step_id: stepId, step_name, result, attempt: 1 };
  return { type: 'step.completed', timestamp, sequence: 0, data };
}

function notEnded(stepId: string): ValidationError {
  const message = 'the step has not ended in the part that is taken over';
  const hint = 'Override only steps before the one to go on from, or that one itself.';
  return new ValidationError('fork', [{ path: `overrides.${stepId}`, message }], hint);
}

/** Not what only happened to the run, whatever its code did. */
function isTakenOver(event: WorkflowEvent): boolean {
  if (event.type === 'workflow.interrupted' || event.type === 'workflow.resumed') return false;
  return !isEnding(event);
}

/** What the delivery of a cancellation has called off: neither asked for nor repeated by the code. */
function isConsequence(event: WorkflowEvent): boolean {
  if (event.type === 'hook.disposed' || event.type === 'step.cancelled') return true;
  return event.type === 'child_workflow.cancel_requested' && event.data.requested_by !== 'workflow';
}

/** Recorded as the run ended. */
function isClosing(event: WorkflowEvent, { type }: Activation['delivery']): boolean {
  if (event.type === 'hook.disposed') return type !== 'cancellation.requested';
  return (
    event.type === 'child_workflow.cancel_requested' && event.data.requested_by === 'parent_closed'
  );
}
