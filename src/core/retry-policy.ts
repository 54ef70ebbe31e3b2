import { type Duration, durationProblem, parseDuration } from './duration.ts';
import { PyWorkflowError, type RetryableError, ValidationError } from './errors.ts';

/**
 * How long to wait before a retry: `'fixed'` (1 s), `'exponential'` (1, 2, 4 … s, at most 5 min), a
 * duration, a list of durations whose last one repeats, or a function of the number of the attempt
 * that failed (1 is the first) and its error.
 */
export type RetryDelay =
  | 'fixed'
  | 'exponential'
  | Duration
  | readonly Duration[]
  | ((attempt: number, error: unknown) => Duration);

export interface RetryPolicy {
  readonly retryDelay: RetryDelay;
  /** Full jitter: the wait is a random part of the delay, so that retries of many runs spread. */
  readonly jitter: boolean;
}

const FIXED_MS = 1000;
const MAX_EXPONENTIAL_MS = 300_000;

/**
 * The wait before a retry. A RetryableError's own `retryAfter` wins and gets no jitter.
 *
 * @param retry 1 for the first retry
 * @param error what the attempt before threw
 * @param random gives numbers from 0 up to 1
 * @param now milliseconds since the epoch
 * @returns whole milliseconds
 * @throws ValidationError if a function or `retryAfter` gives no duration
 */
export function retryDelayMs(
  policy: RetryPolicy,
  retry: number,
  error: unknown,
  random: () => number,
  now: number,
): number {
  const asked = PyWorkflowError.is(error, 'RETRYABLE')
    ? (error as RetryableError).retryAfter
    : undefined;
  if (asked instanceof Date) return untilMs(asked, now);
  if (asked !== undefined) return parseDuration(asked);
  const delay = policyDelayMs(policy.retryDelay, retry, error);
  return policy.jitter ? Math.round(random() * delay) : delay;
}

/**
 * Refuses at definition what would fail at the first retry.
 *
 * @throws ValidationError
 */
export function checkRetryDelay(policy: RetryPolicy): void {
  const { retryDelay, jitter } = policy as {
    readonly retryDelay: unknown;
    readonly jitter: unknown;
  };
  const issues = [];
  if (Array.isArray(retryDelay)) {
    if (retryDelay.length === 0) issues.push({ path: 'retryDelay', message: 'the list is empty' });
    for (const [i, duration] of retryDelay.entries()) {
      const message = durationProblem(duration);
      if (message) issues.push({ path: `retryDelay[${i}]`, message });
    }
  } else if (typeof retryDelay !== 'function' && !isNamed(retryDelay)) {
    const message = durationProblem(retryDelay);
    if (message) issues.push({ path: 'retryDelay', message });
  }
  if (typeof jitter !== 'boolean') issues.push({ path: 'jitter', message: 'not true or false' });
  if (issues.length === 0) return;
  throw new ValidationError(
    'Invalid retry policy',
    issues,
    "retryDelay takes 'fixed', 'exponential', a duration such as '30s', a list of durations or a function.",
  );
}

/** Names the strategy for the history. */
export function describeRetryDelay({
  retryDelay,
}: RetryPolicy): 'exponential' | 'fixed' | 'list' | 'custom' {
  if (typeof retryDelay === 'function') return 'custom';
  if (Array.isArray(retryDelay)) return 'list';
  return retryDelay === 'exponential' ? 'exponential' : 'fixed';
}

function policyDelayMs(retryDelay: RetryDelay, retry: number, error: unknown): number {
  if (retryDelay === 'fixed') return FIXED_MS;
  if (retryDelay === 'exponential') return Math.min(1000 * 2 ** (retry - 1), MAX_EXPONENTIAL_MS);
  if (typeof retryDelay === 'function') return parseDuration(retryDelay(retry, error));
  if (!isList(retryDelay)) return parseDuration(retryDelay);
  return parseDuration(retryDelay[Math.min(retry, retryDelay.length) - 1] ?? FIXED_MS / 1000);
}

function untilMs(instant: Date, now: number): number {
  const wait = instant.getTime() - now;
  if (Number.isNaN(wait)) {
    throw new ValidationError('Invalid retryAfter', [
      { path: '', message: 'it is an invalid Date' },
    ]);
  }
  return Math.max(0, wait);
}

function isNamed(retryDelay: unknown): boolean {
  return retryDelay === 'fixed' || retryDelay === 'exponential';
}

function isList(retryDelay: Duration | readonly Duration[]): retryDelay is readonly Duration[] {
  return Array.isArray(retryDelay);
}
