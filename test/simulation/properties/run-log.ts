import type { NewEvent } from '../../../src/core/event.ts';
import type { RunRecord } from '../../../src/core/run.ts';

/** What has been seen of a run at the commits, to be held against what the store says of it. */
export interface RunLog {
  readonly run: RunRecord;
  /** It must pass gates. */
  readonly gated: boolean;
  readonly events: NewEvent[];
  epoch: number;
  /** The worker that holds it. */
  holder: string | null;
  finished: boolean;
  /** By step id. */
  readonly endedSteps: Set<string>;
  /** `hook.received hook_a_1`: what was delivered to its code. */
  readonly delivered: Set<string>;
}

export function newRunLog(run: RunRecord, gated: boolean): RunLog {
  return {
    run,
    gated,
    events: [],
    epoch: 0,
    holder: null,
    finished: false,
    endedSteps: new Set(),
    delivered: new Set(),
  };
}

const ENDINGS = [
  'workflow.completed',
  'workflow.failed',
  'workflow.cancelled',
  'workflow.continued_as_new',
];

/** Takes what a commit has added; gives what is wrong with it. */
export function append(log: RunLog, events: readonly NewEvent[]): string[] {
  const wrong: string[] = [];
  for (const event of events) {
    if (log.finished) wrong.push(`${event.type} after the end`);
    log.events.push(event);
    const delivery = deliveryOf(event);
    if (delivery !== null && log.delivered.has(delivery)) wrong.push(`${delivery} twice`);
    if (delivery !== null) log.delivered.add(delivery);
    const { step_id: stepId } = JSON.parse(event.data);
    if (event.type === 'step.started' && log.endedSteps.has(stepId)) {
      wrong.push(`${stepId} is started after its end`);
    }
    if (delivery !== null && stepId !== undefined) {
      if (log.endedSteps.has(stepId)) wrong.push(`${stepId} ends twice`);
      log.endedSteps.add(stepId);
    }
    if (ENDINGS.includes(event.type)) log.finished = true;
  }
  return wrong;
}

/** What user code is told, and told once. */
function deliveryOf({ type, data }: NewEvent): string | null {
  const facts = JSON.parse(data);
  switch (type) {
    case 'step.completed':
      return `end of ${facts.step_id}`;
    case 'step.failed':
      return facts.is_retryable ? null : `end of ${facts.step_id}`;
    case 'sleep.completed':
      return `end of ${facts.sleep_id}`;
    case 'hook.received':
    case 'hook.expired':
    case 'hook.disposed':
      return `end of ${facts.hook_id}`;
    case 'child_workflow.completed':
    case 'child_workflow.failed':
    case 'child_workflow.cancelled':
      return `end of child ${facts.child_id}`;
    default:
      return null;
  }
}
