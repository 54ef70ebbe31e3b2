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
  | 'CHILD_FAILED'
  | 'MAX_NESTING_DEPTH'
  | 'EVENT_LIMIT'
  | 'PAYLOAD_TOO_LARGE'
  | 'COMPENSATION_FAILED'
  | 'RUN_NOT_FOUND'
  | 'SCHEDULE_NOT_FOUND'
  | 'SCHEDULE_EXISTS'
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
  | 'DOCKER'
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

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
