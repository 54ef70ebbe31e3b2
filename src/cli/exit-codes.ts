import { type ErrorCode, PyWorkflowError } from '../core/errors.ts';
import type { RunRecord } from '../core/run.ts';
import { Interrupted, UsageError } from './usage-error.ts';

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  cancelled: 3,
  notFound: 4,
  timedOut: 5,
  unreachable: 6,
  nonDeterminism: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  FATAL: EXIT.failed,
  RETRYABLE: EXIT.failed,
  STEP_FAILED: EXIT.failed,
  STEP_TIMEOUT: EXIT.failed,
  CANCELLED: EXIT.cancelled,
  HOOK_EXPIRED: EXIT.failed,
  HOOK_ALREADY_RECEIVED: EXIT.failed,
  HOOK_NOT_FOUND: EXIT.notFound,
  INVALID_TOKEN: EXIT.usage,
  WORKFLOW_TIMEOUT: EXIT.failed,
  CHILD_FAILED: EXIT.failed,
  MAX_NESTING_DEPTH: EXIT.failed,
  EVENT_LIMIT: EXIT.failed,
  PAYLOAD_TOO_LARGE: EXIT.failed,
  COMPENSATION_FAILED: EXIT.failed,
  RUN_NOT_FOUND: EXIT.notFound,
  SCHEDULE_NOT_FOUND: EXIT.notFound,
  SCHEDULE_EXISTS: EXIT.failed,
  AMBIGUOUS_ID: EXIT.usage,
  ALREADY_RUNNING: EXIT.failed,
  RUN_FINISHED: EXIT.failed,
  RUN_FAILED: EXIT.failed,
  WAIT_TIMEOUT: EXIT.timedOut,
  VALIDATION: EXIT.usage,
  DUPLICATE_NAME: EXIT.failed,
  UNKNOWN_WORKFLOW: EXIT.notFound,
  OUTSIDE_WORKFLOW: EXIT.failed,
  NON_DETERMINISM: EXIT.nonDeterminism,
  STUCK: EXIT.failed,
  SERIALIZATION: EXIT.failed,
  HISTORY_CORRUPTED: EXIT.failed,
  STORE: EXIT.unreachable,
  STORE_UNAVAILABLE: EXIT.unreachable,
  STORE_TOO_NEW: EXIT.unreachable,
  CONFIG: EXIT.usage,
  DISCOVERY: EXIT.failed,
  MISSING_DEPENDENCY: EXIT.failed,
  DOCKER: EXIT.unreachable,
  CLOSED: EXIT.failed,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof Interrupted) return EXIT.interrupted;
  return PyWorkflowError.is(error) ? (BY_CODE[error.code] ?? EXIT.failed) : EXIT.failed;
}

/** What it means for a script that the run it waited for is now like this. */
export function exitCodeOfRun({ status, error }: Pick<RunRecord, 'status' | 'error'>): ExitCode {
  if (status === 'failed') return EXIT.failed;
  if (status === 'cancelled') return EXIT.cancelled;
  if (status !== 'interrupted') return EXIT.done;
  return error?.code === 'NON_DETERMINISM' ? EXIT.nonDeterminism : EXIT.failed;
}
