import { isDeepStrictEqual } from 'node:util';
import { type Divergence, HistoryCorruptedError } from '../core/errors.ts';
import type { WorkflowEvent } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import type { RunSummary } from '../core/run.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { activations, describeDelivery, type Ending, endingOf } from './history.ts';
import { describeEnd, type Outcome } from './outcome.ts';
import { replay } from './replay.ts';
import { Session } from './session.ts';

/** How code and history fit together. */
export type HistoryVerdict =
  | { readonly kind: 'ok' }
  /** The code asks for something else, or ends in another way. */
  | { readonly kind: 'divergence'; readonly divergence: Divergence }
  /** The code waits for something that no event settles, or cannot read its history. */
  | { readonly kind: 'stuck'; readonly awaiting: readonly string[] }
  /** The same way to another result; both as they are stored. */
  | {
      readonly kind: 'other_result';
      readonly sequence: number;
      readonly recorded: Json;
      readonly replayed: Json;
    };

/** What the code can see of its run. */
export type RunFacts = Pick<RunSummary, 'runId'> &
  Partial<Pick<RunSummary, 'metadata' | 'nestingDepth' | 'parentRunId' | 'scheduledAt'>>;

/**
 * Replays a history against the code of today. Nothing is started and nothing is written; what the
 * workflow's body does besides primitives it does, as in every replay. A finished history must end
 * the same way, one that the engine has ended (timeout, termination, lost workers) must lead to the
 * same waits.
 * @throws HistoryCorruptedError if it does not begin with `workflow.started`
 */
export async function checkHistory(
  definition: Pick<WorkflowDefinition, 'name' | 'fn' | 'input'>,
  events: readonly WorkflowEvent[],
  facts: RunFacts,
): Promise<HistoryVerdict> {
  if (events[0]?.type !== 'workflow.started') {
    throw new HistoryCorruptedError(facts.runId, 'it does not begin with workflow.started');
  }
  const end = endingOf(events);
  const told = structuredClone(isUnheard(end) ? withoutLastCancellation(events) : events);
  if (hasNeverBegun(told)) return OK;
  const session = new Session({
    runId: facts.runId,
    workflowName: definition.name,
    fn: definition.fn,
    input: definition.input,
    metadata: facts.metadata ?? {},
    nestingDepth: facts.nestingDepth ?? 0,
    parentRunId: facts.parentRunId ?? null,
    scheduledAt: facts.scheduledAt ?? null,
  });
  await replay(session, told, end);
  return verdictOn(session.outcome, end);
}

function verdictOn(outcome: Outcome | null, end: Ending | null): HistoryVerdict {
  if (outcome?.kind === 'diverged') return { kind: 'divergence', divergence: outcome.divergence };
  if (outcome?.kind === 'stuck') return outcome;
  if (end === null || (outcome === null && isOfEngine(end))) return OK;
  const { sequence } = end;
  if (outcome === null || END_OF[outcome.kind] !== end.type) {
    const recorded = describeDelivery(end);
    const divergence = { sequence, recorded, requested: describeEnd(outcome), source: null };
    return { kind: 'divergence', divergence };
  }
  if (outcome.kind !== 'completed' || end.type !== 'workflow.completed') return OK;
  const { result: recorded } = end.data;
  const replayed = JSON.parse(JSON.stringify(outcome.result)) as Json;
  if (isDeepStrictEqual(recorded, replayed)) return OK;
  return { kind: 'other_result', sequence, recorded, replayed };
}

const OK: HistoryVerdict = { kind: 'ok' };

const END_OF = {
  completed: 'workflow.completed',
  failed: 'workflow.failed',
  cancelled: 'workflow.cancelled',
  continued: 'workflow.continued_as_new',
} as const;

/** The engine has ended the run while its code was waiting. */
function isOfEngine(end: Ending): boolean {
  if (end.type === 'workflow.cancelled') return !end.data.cleanup_completed;
  return end.type === 'workflow.failed' && ENGINE_ERRORS.includes(String(end.data.error.code));
}

const ENGINE_ERRORS = ['WORKFLOW_TIMEOUT', 'EVENT_LIMIT', 'RUN_FAILED'];

/** The code was not told of the cancellation that ended it. */
function isUnheard(end: Ending | null): boolean {
  return end?.type === 'workflow.cancelled' && !end.data.cleanup_completed;
}

function withoutLastCancellation(events: readonly WorkflowEvent[]): readonly WorkflowEvent[] {
  const last = events.findLastIndex(({ type }) => type === 'cancellation.requested');
  return events.filter((_, index) => index !== last);
}

/** Cancelled before its first line has run: code that begins asks for something, or ends. */
function hasNeverBegun(events: readonly WorkflowEvent[]): boolean {
  const [first, second] = activations(events);
  return second !== undefined && first?.requests.length === 0;
}
