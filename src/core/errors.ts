import type { Duration } from './duration.ts';
import type { Json } from './json.ts';

/** Stable codes: scripts match on them, messages may change. */
export type ErrorCode =
  | 'FATAL'
  | 'RETRYABLE'
  | 'STEP_FAILED'
  | 'STEP_TIMEOUT'
  | 'CANCELLED'
  | 'HOOK_EXPIRED'
  | 'HOOK_ALREADY_RECEIVED'
  | 'HOOK_NOT_FOUND'
  | 'INVALID_TOKEN'
  | 'WORKFLOW_TIMEOUT'
  | 'RUN_NOT_FOUND'
  | 'AMBIGUOUS_ID'
  | 'ALREADY_RUNNING'
  | 'RUN_FINISHED'
  | 'RUN_FAILED'
  | 'WAIT_TIMEOUT'
  | 'VALIDATION'
  | 'DUPLICATE_NAME'
  | 'UNKNOWN_WORKFLOW'
  | 'OUTSIDE_WORKFLOW'
  | 'NON_DETERMINISM'
  | 'STUCK'
  | 'SERIALIZATION'
  | 'HISTORY_CORRUPTED'
  | 'STORE'
  | 'STORE_UNAVAILABLE'
  | 'STORE_TOO_NEW'
  | 'CONFIG'
  | 'DISCOVERY'
  | 'MISSING_DEPENDENCY'
  | 'CLOSED';

const BRAND = Symbol.for('pyworkflow.error');

/**
 * Base of every error this package throws. `code` is the identity: `instanceof` fails when two
 * copies of the package are loaded, `PyWorkflowError.is` does not.
 */
export class PyWorkflowError extends Error {
  readonly code: ErrorCode;
  /** Facts for machines; shown in `--output json`. */
  readonly details: { readonly [key: string]: Json };
  /** What the reader can do about it, or undefined. */
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: { [key: string]: Json }; hint?: string | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
    this.hint = options.hint;
    Object.defineProperty(this, BRAND, { value: true });
    for (const quiet of ['details', 'hint'] as const) {
      Object.defineProperty(this, quiet, { enumerable: false });
    }
  }

  static is(error: unknown, code?: ErrorCode): error is PyWorkflowError {
    return (
      typeof error === 'object' &&
      error !== null &&
      BRAND in error &&
      (code === undefined || (error as { code?: unknown }).code === code)
    );
  }
}

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

/** The idempotency key belongs to a run of another input. */
export class WorkflowAlreadyRunningError extends PyWorkflowError {
  constructor(runId: string, key: string) {
    super(
      'ALREADY_RUNNING',
      `The idempotency key '${key}' was used with another input, by run ${runId}`,
      {
        details: { run_id: runId, idempotency_key: key },
        hint: 'Use another key, or the same input.',
      },
    );
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

// --- definitions -----------------------------------------------------------------------------

export class DuplicateNameError extends PyWorkflowError {
  constructor(kind: 'workflow' | 'step' | 'hook', name: string) {
    super('DUPLICATE_NAME', `Two ${kind}s are named '${name}'`, {
      details: { kind, name },
      hint: `Give one of them another name: ${kind}({ name: '…' }, …)`,
    });
  }
}

export class UnknownWorkflowError extends PyWorkflowError {
  constructor(name: string, known: readonly string[], suggestion?: string) {
    const list = known.length > 0 ? `known are: ${known.join(', ')}` : 'none is registered';
    super('UNKNOWN_WORKFLOW', `There is no workflow '${name}'; ${list}`, {
      details: { workflow_name: name, known: [...known] },
      hint:
        suggestion !== undefined
          ? `Did you mean '${suggestion}'?`
          : 'Name the module that defines it with --module or in pyworkflow.config.yaml.',
    });
  }
}

/** A primitive was called where there is no workflow. */
export class OutsideWorkflowError extends PyWorkflowError {
  constructor(primitive: string, where: string) {
    super(
      'OUTSIDE_WORKFLOW',
      `${primitive}() was called ${where}; it works only in a workflow's body`,
    );
  }
}

// --- engine ----------------------------------------------------------------------------------

export interface Divergence {
  /** Position in the history. */
  readonly sequence: number;
  readonly recorded: string;
  readonly requested: string;
  /** `file:line:column` of the request in user code, where known. */
  readonly source: string | null;
}

/** The code asks for something else than what its history holds. The run is parked. */
export class NonDeterminismError extends PyWorkflowError {
  readonly divergence: Divergence;
  constructor(runId: string, divergence: Divergence) {
    const at = divergence.source ? ` at ${divergence.source}` : '';
    super(
      'NON_DETERMINISM',
      `The code of run ${runId} no longer fits its history at event ${divergence.sequence}: ` +
        `recorded was ${divergence.recorded}, the code asks for ${divergence.requested}${at}`,
      {
        details: { run_id: runId, ...divergence },
        hint: `Restore the old order of calls, then: pyworkflow runs resume ${runId}`,
      },
    );
    this.divergence = divergence;
  }
}

/** The workflow awaits something that no event will ever settle. The run is parked. */
export class StuckWorkflowError extends PyWorkflowError {
  constructor(runId: string, awaiting: readonly string[]) {
    const what =
      awaiting.length > 0 ? awaiting.join(', ') : 'a promise that is no pyworkflow primitive';
    super('STUCK', `Run ${runId} is stuck: its workflow awaits ${what}`, {
      details: { run_id: runId, awaiting: [...awaiting] },
      hint: `Move that call into a step, then: pyworkflow runs resume ${runId}`,
    });
  }
}

/** A value cannot be stored, or what was stored cannot be read. `path` leads to it. */
export class SerializationError extends PyWorkflowError {
  readonly path: string;
  constructor(what: string, path: string, action: 'store' | 'read' = 'store') {
    super('SERIALIZATION', `Cannot ${action} ${what} at ${path || 'the top level'}`, {
      details: { path },
      hint:
        action === 'store'
          ? 'Return plain data, or register the class with registerClass().'
          : 'Was it written by other code? Its classes must be registered with registerClass().',
    });
    this.path = path;
  }
}

export class HistoryCorruptedError extends PyWorkflowError {
  constructor(runId: string, what: string) {
    super('HISTORY_CORRUPTED', `The history of run ${runId} is damaged: ${what}`, {
      details: { run_id: runId },
    });
  }
}

// --- storage and environment -----------------------------------------------------------------

export class StoreError extends PyWorkflowError {
  constructor(message: string, options: { cause?: unknown; hint?: string } = {}) {
    super('STORE', message, options);
  }
}

/** The store cannot be reached or written right now. */
export class StoreUnavailableError extends PyWorkflowError {
  constructor(message: string, options: { cause?: unknown; hint?: string } = {}) {
    super('STORE_UNAVAILABLE', message, options);
  }
}

/** The database was made by a newer version of this package. */
export class StoreTooNewError extends PyWorkflowError {
  constructor(where: string, found: number, supported: number) {
    super(
      'STORE_TOO_NEW',
      `${where} has schema version ${found}; this pyworkflow understands up to ${supported}`,
      { details: { found, supported }, hint: 'Upgrade pyworkflow: npm install pyworkflow@latest' },
    );
  }
}

export class ConfigurationError extends PyWorkflowError {
  constructor(message: string, options: { details?: { [key: string]: Json }; hint?: string } = {}) {
    super('CONFIG', message, options);
  }
}

/** A workflow module could not be found, compiled or executed. */
export class DiscoveryError extends PyWorkflowError {
  constructor(
    message: string,
    options: { cause?: unknown; hint?: string; details?: { [key: string]: Json } } = {},
  ) {
    super('DISCOVERY', message, options);
  }
}

export class MissingDependencyError extends PyWorkflowError {
  constructor(pkg: string, why: string, cause?: unknown) {
    super('MISSING_DEPENDENCY', `${why} needs the package '${pkg}', which cannot be loaded`, {
      cause,
      details: { package: pkg },
      hint: `Install it: npm install ${pkg}`,
    });
  }
}

/** The client or store was used after close(). */
export class ClosedError extends PyWorkflowError {
  constructor(what: string) {
    super('CLOSED', `The ${what} is closed`);
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
