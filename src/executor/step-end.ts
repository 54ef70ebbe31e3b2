import { isoTime } from '../core/clock.ts';
import { encodeError } from '../core/error-codec.ts';
import { messageOf, PayloadTooLargeError, PyWorkflowError } from '../core/errors.ts';
import { newStepEvent } from '../core/event.ts';
import { describeRetryDelay, retryDelayMs } from '../core/retry-policy.ts';
import type { Delivery } from '../engine/history.ts';
import type { PendingStep } from '../engine/pending.ts';
import type { AttemptEnd } from './attempt.ts';
import { type Draft, record } from './draft.ts';
import type { Executor } from './executor.ts';

/**
 * Records how an attempt ended. Gives the event to deliver to the code, or null if the step will
 * be tried again.
 */
export function recordStepEnd(
  executor: Executor,
  draft: Draft,
  stepId: string,
  step: PendingStep,
  end: AttemptEnd,
  /** Of the last event on disk. */
  sequence: number,
): Delivery | null {
  const names = { step_id: stepId, step_name: step.definition.name };
  if (end.ok) {
    const data = { ...names, result: end.result, attempt: step.attempt };
    const facts = { id: stepId, name: names.step_name, attempt: step.attempt };
    draft.events.push(newStepEvent('step.completed', draft.now, facts, end.result));
    const bytes = draft.events.at(-1)?.data.length ?? 0;
    const limit = executor.settings.payloadHardLimit;
    if (bytes > limit) {
      draft.events.pop();
      const error = new PayloadTooLargeError(
        `The result of step '${names.step_name}'`,
        bytes,
        limit,
      );
      return recordStepEnd(executor, draft, stepId, step, { ok: false, error }, sequence);
    }
    draft.progress = true;
    return {
      type: 'step.completed',
      sequence: sequence + draft.events.length,
      timestamp: draft.now,
      data,
    };
  }

  const delay = retryDelay(executor, step, end.error, draft.now);
  const error = encodeError(end.error);
  const failure = { ...names, error, error_type: error.name, attempt: step.attempt };
  if (delay === null) {
    const data = { ...failure, is_retryable: false };
    record(draft, 'step.failed', data);
    draft.progress = true;
    return {
      type: 'step.failed',
      sequence: sequence + draft.events.length,
      timestamp: draft.now,
      data,
    };
  }

  const dueAt = draft.now + delay;
  record(draft, 'step.failed', { ...failure, is_retryable: true });
  record(draft, 'step.retrying', {
    step_id: stepId,
    attempt: step.attempt + 1,
    retry_after: delay / 1000,
    resume_at: isoTime(dueAt),
    error: error.message,
    retry_strategy: describeRetryDelay(step.definition),
    max_retries: maxRetries(executor, step),
  });
  draft.timers.push({ id: stepId, kind: 'retry', dueAt });
  step.attempt += 1;
  step.retryAt = dueAt;
  // The attempt may have changed them in place; the next one reads them from the history.
  step.args = undefined;
  return null;
}

/** Milliseconds until the next attempt, or null if there is none. */
function retryDelay(
  executor: Executor,
  step: PendingStep,
  error: unknown,
  now: number,
): number | null {
  const hopeless = HOPELESS.some((code) => PyWorkflowError.is(error, code));
  if (hopeless || step.attempt > maxRetries(executor, step)) return null;
  try {
    return retryDelayMs(step.definition, step.attempt, error, executor.random, now);
  } catch (broken) {
    // A retryDelay function that throws must not take the run with it.
    executor.log.error('retryDelay failed; the step is not retried', {
      step: step.definition.name,
      error: messageOf(broken),
    });
    return null;
  }
}

function maxRetries(executor: Executor, step: PendingStep): number {
  return step.definition.maxRetries ?? executor.settings.defaultRetries;
}

/** Another attempt would end the same way. */
const HOPELESS = ['FATAL', 'SERIALIZATION', 'PAYLOAD_TOO_LARGE'] as const;
