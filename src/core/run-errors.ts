import { messageOf, PyWorkflowError } from './pyworkflow-error.ts';

/** Base of what can go wrong with a child workflow. */
export class ChildWorkflowError extends PyWorkflowError {}

/** A child ended without a result. `cause` is its error. */
export class ChildWorkflowFailedError extends ChildWorkflowError {
  readonly childRunId: string;
  readonly childWorkflowName: string;
  readonly status: 'failed' | 'cancelled';
  constructor(
    childRunId: string,
    childWorkflowName: string,
    status: 'failed' | 'cancelled',
    cause: unknown,
  ) {
    super('CHILD_FAILED', `Child workflow '${childWorkflowName}' ${status}: ${messageOf(cause)}`, {
      cause,
      details: { child_run_id: childRunId, child_workflow_name: childWorkflowName, status },
    });
    this.childRunId = childRunId;
    this.childWorkflowName = childWorkflowName;
    this.status = status;
    // Where it happened is in the cause; the engine's own frames would be noise in every history.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** A run so deep in the tree may not start children. */
export class MaxNestingDepthError extends ChildWorkflowError {
  constructor(currentDepth: number, maxDepth: number) {
    super('MAX_NESTING_DEPTH', `A run at depth ${currentDepth} may not start child workflows`, {
      details: { current_depth: currentDepth, max_depth: maxDepth },
      hint: 'Flatten the tree, or raise limits.max_nesting_depth in the configuration.',
    });
  }
}

/** The run has recorded more events than the configuration allows. Never retried. */
export class EventLimitExceededError extends PyWorkflowError {
  constructor(runId: string, eventCount: number, limit: number) {
    super('EVENT_LIMIT', `Run ${runId} exceeded maximum event limit: ${eventCount} >= ${limit}`, {
      details: { run_id: runId, event_count: eventCount, limit },
      hint: 'Let long loops go on with continueAsNew(), or raise limits.event_hard_limit.',
    });
  }
}

/** A step's result is larger than the configuration allows. Never retried. */
export class PayloadTooLargeError extends PyWorkflowError {
  constructor(what: string, bytes: number, limit: number) {
    super('PAYLOAD_TOO_LARGE', `${what} takes ${bytes} bytes, more than ${limit}`, {
      details: { bytes, limit },
      hint: 'Store it elsewhere and return a reference, or raise limits.payload_hard_limit.',
    });
  }
}

/** Some of a saga's undos failed. `cause` is what began it, `errors` are the undos' own. */
export class CompensationError extends PyWorkflowError {
  readonly errors: readonly unknown[];
  constructor(cause: unknown, errors: readonly unknown[]) {
    const first = messageOf(errors[0]);
    const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
    super('COMPENSATION_FAILED', `After '${messageOf(cause)}', undoing failed: ${first}${more}`, {
      cause,
      details: { failed: errors.length },
      hint: 'What these undos should have taken back is still in place: look after it by hand.',
    });
    this.errors = errors;
  }
}
