import { decode } from '../core/codec.ts';
import { CancellationError, PyWorkflowError, StepFailedError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { retryDelayMs } from '../core/retry-policy.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import { Attempt, type AttemptEnd, type AttemptRequest } from './attempt.ts';
import type { Executor } from './executor.ts';

export interface TransientStep {
  readonly step: StepDefinition;
  readonly args: Json;
  readonly stepId: string;
  /** Waits so many milliseconds, or until the run is cancelled. */
  readonly wait: (ms: number) => Promise<void>;
  /** Of the run; null where a shield covers the step. */
  readonly signal: AbortSignal | null;
}

type Run = Pick<AttemptRequest, 'runId' | 'workflowName' | 'metadata'>;

/** A step of a run without a store, with all its attempts. @throws StepFailedError, CancellationError */
export async function runTransientStep(
  executor: Executor,
  run: Run,
  call: TransientStep,
): Promise<unknown> {
  const { step, stepId } = call;
  const retries = step.maxRetries ?? executor.settings.defaultRetries;
  for (let attempt = 1; ; attempt++) {
    const end = await attemptOnce(executor, run, call, attempt);
    if (end.ok) return decode(end.result);
    if (CancellationError.is(end.error, 'CANCELLED')) throw end.error;
    const hopeless =
      PyWorkflowError.is(end.error, 'FATAL') || PyWorkflowError.is(end.error, 'SERIALIZATION');
    if (hopeless || attempt > retries)
      throw new StepFailedError(step.name, stepId, attempt, end.error);
    const now = executor.clock.now();
    await call.wait(retryDelayMs(step, attempt, end.error, executor.random, now));
  }
}

function attemptOnce(
  executor: Executor,
  run: Run,
  { step, stepId, args, signal }: TransientStep,
  attempt: number,
): Promise<AttemptEnd> {
  return new Promise((resolve) => {
    const definition = executor.standIns?.step(step) ?? step;
    const request = { ...run, stepId, attempt, definition, args: structuredClone(args) };
    const running = new Attempt(request, {
      onAttemptEnd(_stepId, end) {
        signal?.removeEventListener('abort', onAbort);
        resolve(end);
      },
      // Nothing keeps them.
      onProgress() {},
      onLog() {},
    });
    const onAbort = () => {
      running.abandon(signal?.reason);
      resolve({ ok: false, error: signal?.reason });
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    running.start(executor.clock, executor.observer);
  });
}

export function pause(executor: Executor, ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      callOff();
      reject(signal?.reason);
    };
    const callOff = executor.clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
