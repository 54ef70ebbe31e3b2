import type { Duration } from './duration.ts';
import type { Json } from './json.ts';
import { messageOf, PyWorkflowError } from './pyworkflow-error.ts';

export {
  ClosedError,
  ConfigurationError,
  DiscoveryError,
  type Divergence,
  DuplicateNameError,
  HistoryCorruptedError,
  MissingDependencyError,
  NonDeterminismError,
  OutsideWorkflowError,
  SerializationError,
  StoreError,
  StoreTooNewError,
  StoreUnavailableError,
  StuckWorkflowError,
  UnknownWorkflowError,
} from './engine-errors.ts';
export { type ErrorCode, messageOf, PyWorkflowError } from './pyworkflow-error.ts';
export {
  ChildWorkflowError,
  ChildWorkflowFailedError,
  CompensationError,
  EventLimitExceededError,
  MaxNestingDepthError,
  PayloadTooLargeError,
} from './run-errors.ts';
export { ScheduleExistsError, ScheduleNotFoundError } from './schedule-errors.ts';

// --- thrown by users -------------------------------------------------------------------------

/** Throw it from a step to fail at once: it is never retried. */
export class FatalError extends PyWorkflowError {
  readonly metadata: { readonly [key: string]: Json };
  constructor(message: string, metadata: { [key: string]: Json } = {}) {
    super('FATAL', message, { details: metadata });
    this.metadata = metadata;
  }
}

/** Throw it from a step to choose the delay before the next attempt. */
export class RetryableError extends PyWorkflowError {
  /** A duration, or the instant of the next attempt; undefined leaves the step's own policy. */
  readonly retryAfter: Duration | Date | undefined;
  constructor(message: string, options: { retryAfter?: Duration | Date; cause?: unknown } = {}) {
    super('RETRYABLE', message, { cause: options.cause });
    this.retryAfter = options.retryAfter;
  }
}

// --- caught inside workflows -----------------------------------------------------------------

/** A step gave up. `cause` is the error of its last attempt. */
export class StepFailedError extends PyWorkflowError {
  readonly stepName: string;
  readonly stepId: string;
  readonly attempts: number;
  constructor(stepName: string, stepId: string, attempts: number, cause: unknown) {
    const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
    super('STEP_FAILED', `Step '${stepName}' failed after ${times}: ${messageOf(cause)}`, {
      cause,
      details: { step_id: stepId, step_name: stepName, attempts },
    });
    this.stepName = stepName;
    this.stepId = stepId;
    // Where it happened is in the cause; the engine's own frames would be noise in every history.
    this.stack = `${this.name}: ${this.message}`;
    this.attempts = attempts;
  }
}

/** An attempt took longer than the step's `timeout`. Retryable. */
export class StepTimeoutError extends PyWorkflowError {
  constructor(stepName: string, timeoutMs: number) {
    super('STEP_TIMEOUT', `Step '${stepName}' did not finish within ${timeoutMs} ms`, {
      details: { step_name: stepName, timeout_ms: timeoutMs },
    });
  }
}

/** What pending waits reject with when the run is cancelled. Clean up and rethrow it. */
export class CancellationError extends PyWorkflowError {
  readonly reason: string | null;
  constructor(reason: string | null = null) {
    super('CANCELLED', reason ? `Workflow was cancelled: ${reason}` : 'Workflow was cancelled', {
      details: { reason },
    });
    this.reason = reason;
  }
}

/** Nobody answered the hook before its timeout. */
export class HookExpiredError extends PyWorkflowError {
  constructor(hookId: string) {
    super('HOOK_EXPIRED', `Hook '${hookId}' expired before anybody resumed it`, {
      details: { hook_id: hookId },
    });
  }
}

/** The run took longer than its `maxDuration`. */
export class WorkflowTimeoutError extends PyWorkflowError {
  constructor(runId: string, maxDurationMs: number) {
    super('WORKFLOW_TIMEOUT', `Run ${runId} did not finish within ${maxDurationMs} ms`, {
      details: { run_id: runId, max_duration_ms: maxDurationMs },
    });
  }
}

// --- the services of setup -------------------------------------------------------------------

/** The Docker engine is gone, refuses, or one of its services cannot be brought up. */
export class DockerError extends PyWorkflowError {
  constructor(
    message: string,
    options: { cause?: unknown; details?: { [key: string]: Json }; hint?: string } = {},
  ) {
    super('DOCKER', message, options);
  }
}

// --- the caller's mistake --------------------------------------------------------------------

export class WorkflowNotFoundError extends PyWorkflowError {
  constructor(runId: string) {
    super('RUN_NOT_FOUND', `There is no run '${runId}'`, {
      details: { run_id: runId },
      hint: 'List the runs of this store with: pyworkflow runs list',
    });
  }
}

/** A prefix that fits several ids. */
export class AmbiguousIdError extends PyWorkflowError {
  constructor(prefix: string, candidates: readonly string[]) {
    super('AMBIGUOUS_ID', `'${prefix}' fits more than one run: ${candidates.join(', ')}`, {
      details: { prefix, candidates: [...candidates] },
      hint: 'Give more digits of the id.',
    });
  }
}

/** The idempotency key belongs to a run of another input, or the singleton's place is taken. */
export class WorkflowAlreadyRunningError extends PyWorkflowError {
  /** Null if it is not known which of several it is. */
  readonly runId: string | null;
  constructor(
    runId: string | null,
    why: { readonly idempotencyKey: string } | { readonly gate: string },
  ) {
    const byKey = 'idempotencyKey' in why;
    super(
      'ALREADY_RUNNING',
      byKey
        ? `The idempotency key '${why.idempotencyKey}' was used with another input, by run ${runId}`
        : `${runId === null ? 'Another run' : `Run ${runId}`} is active and lets no other run beside it (${why.gate})`,
      {
        details: byKey
          ? { run_id: runId, idempotency_key: why.idempotencyKey }
          : { run_id: runId, gate: why.gate },
        hint: byKey
          ? 'Use another key, or the same input.'
          : `Wait for it${runId === null ? '' : `: pyworkflow runs wait ${runId}`}`,
      },
    );
    this.runId = runId;
  }
}

/** The awaited run ended without a result. `cause` is its error, if it had one. */
export class WorkflowFailedError extends PyWorkflowError {
  readonly runId: string;
  readonly status: string;
  constructor(runId: string, status: string, cause: unknown) {
    const why = cause === undefined ? '' : `: ${messageOf(cause)}`;
    super('RUN_FAILED', `Run ${runId} ended as ${status}${why}`, {
      cause,
      details: { run_id: runId, status },
    });
    this.runId = runId;
    this.status = status;
  }
}

/** Waiting for a run took longer than the caller allowed; the run goes on. */
export class WaitTimeoutError extends PyWorkflowError {
  constructor(runId: string, timeoutMs: number) {
    super('WAIT_TIMEOUT', `Run ${runId} did not end within ${timeoutMs} ms`, {
      details: { run_id: runId, timeout_ms: timeoutMs },
      hint: `It goes on. Wait again with: pyworkflow runs wait ${runId}`,
    });
  }
}

export class HookNotFoundError extends PyWorkflowError {
  constructor(token: string) {
    super('HOOK_NOT_FOUND', `There is no hook '${token}'`, {
      details: { token },
      hint: 'List the waiting hooks with: pyworkflow hooks list --status pending',
    });
  }
}

export class HookAlreadyReceivedError extends PyWorkflowError {
  constructor(hookId: string, status: string) {
    super('HOOK_ALREADY_RECEIVED', `Hook '${hookId}' is not waiting any more: it is ${status}`, {
      details: { hook_id: hookId, status },
    });
  }
}

export class InvalidTokenError extends PyWorkflowError {
  constructor(token: string) {
    super('INVALID_TOKEN', `'${token}' is not a hook token`, {
      details: { token },
      hint: 'A token has the form run_id:hook_id or run_id:hook_id:secret.',
    });
  }
}

export interface ValidationIssue {
  /** Where, as `order.items[2].price`; empty for the whole value. */
  readonly path: string;
  readonly message: string;
}

/** A value does not fit its schema, or an argument is out of range. */
export class ValidationError extends PyWorkflowError {
  readonly issues: readonly ValidationIssue[];
  constructor(what: string, issues: readonly ValidationIssue[], hint?: string) {
    const list = issues.map((i) => (i.path ? `${i.path}: ${i.message}` : i.message)).join('; ');
    super('VALIDATION', `${what}: ${list}`, {
      details: { issues: issues.map((i) => ({ path: i.path, message: i.message })) },
      hint,
    });
    this.issues = issues;
  }
}
