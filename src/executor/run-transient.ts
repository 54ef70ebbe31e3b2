import { decode, encode } from '../core/codec.ts';
import { parseDuration } from '../core/duration.ts';
import {
  CancellationError,
  OutsideWorkflowError,
  PyWorkflowError,
  StepFailedError,
  WorkflowTimeoutError,
} from '../core/errors.ts';
import { newRunId } from '../core/id.ts';
import type { Json } from '../core/json.ts';
import { retryDelayMs } from '../core/retry-policy.ts';
import { randomUuid, seededRandom } from '../engine/random.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { Attempt, type AttemptEnd } from './attempt.ts';
import type { Executor } from './executor.ts';

export interface TransientRun {
  readonly runId: string;
  readonly result: Promise<unknown>;
  cancel(reason: string | null): void;
}

/** Runs a workflow in this process, without a store: steps retry here and sleeps wait here. */
export function runTransient(
  executor: Executor,
  definition: WorkflowDefinition,
  input: unknown,
): TransientRun {
  const runId = newRunId();
  const controller = new AbortController();
  const counts = new Map<string, number>();
  // Not the process's own, which asks the workflow's context: this one.
  const random = seededRandom(runId);

  const contextFor = (shielded: boolean): WorkflowContext => {
    const wait = (ms: number) => pause(executor, ms, shielded ? null : controller.signal);
    const check = () => {
      if (controller.signal.aborted && !shielded) throw controller.signal.reason;
    };
    return {
      kind: 'workflow',
      runId,
      workflowName: definition.name,
      metadata: definition.metadata,
      isReplaying: false,
      signal: controller.signal,
      runStep: (step, args) =>
        begin(async () => {
          check();
          const occurrence = (counts.get(step.name) ?? 0) + 1;
          counts.set(step.name, occurrence);
          const stepId = `step_${step.name}_${occurrence}`;
          return runStep({ step, args: encode(args), stepId, wait, shielded });
        }),
      sleep: (until) =>
        begin(async () => {
          check();
          const { clock } = executor;
          await wait(until instanceof Date ? until.getTime() - clock.now() : parseDuration(until));
        }),
      hook() {
        throw new OutsideWorkflowError('hook', 'in a run without a store (durable: false)');
      },
      shield: (fn) => runInContext(contextFor(true), fn),
      checkCancellation: check,
      now: () => executor.clock.now(),
      random,
      randomUUID: () => randomUuid(random),
    };
  };

  async function runStep(call: {
    step: StepDefinition;
    args: Json;
    stepId: string;
    wait: (ms: number) => Promise<void>;
    shielded: boolean;
  }): Promise<unknown> {
    const { step, stepId } = call;
    const retries = step.maxRetries ?? executor.settings.defaultRetries;
    for (let attempt = 1; ; attempt++) {
      const end = await attemptOnce(
        step,
        stepId,
        attempt,
        structuredClone(call.args),
        call.shielded,
      );
      if (end.ok) return decode(end.result);
      if (CancellationError.is(end.error, 'CANCELLED')) throw end.error;
      const hopeless =
        PyWorkflowError.is(end.error, 'FATAL') || PyWorkflowError.is(end.error, 'SERIALIZATION');
      if (hopeless || attempt > retries)
        throw new StepFailedError(step.name, stepId, attempt, end.error);
      await call.wait(
        retryDelayMs(step, attempt, end.error, executor.random, executor.clock.now()),
      );
    }
  }

  function attemptOnce(
    step: StepDefinition,
    stepId: string,
    attempt: number,
    args: Json,
    shielded: boolean,
  ): Promise<AttemptEnd> {
    return new Promise((resolve) => {
      const request = {
        runId,
        workflowName: definition.name,
        metadata: definition.metadata,
        stepId,
        attempt,
        definition: step,
        args,
      };
      const running = new Attempt(request, {
        onAttemptEnd(_stepId, end) {
          controller.signal.removeEventListener('abort', onAbort);
          resolve(end);
        },
      });
      const onAbort = () => {
        running.abandon(controller.signal.reason);
        resolve({ ok: false, error: controller.signal.reason });
      };
      if (!shielded) controller.signal.addEventListener('abort', onAbort, { once: true });
      running.start(executor.clock);
    });
  }

  function run(): Promise<unknown> {
    const result = runInContext(contextFor(false), async () => definition.fn(input as never));
    const { maxDurationMs } = definition;
    if (maxDurationMs === null) return result;
    return new Promise((resolve, reject) => {
      const callOff = executor.clock.after(maxDurationMs, () => {
        const error = new WorkflowTimeoutError(runId, maxDurationMs);
        controller.abort(error);
        reject(error);
      });
      result.then(resolve, reject).finally(callOff);
    });
  }

  return {
    runId,
    result: run(),
    cancel: (reason) => controller.abort(new CancellationError(reason)),
  };
}

/** A branch that nobody awaits must not end the process when it fails. */
function begin<T>(work: () => Promise<T>): Promise<T> {
  const promise = work();
  promise.catch(() => {});
  return promise;
}

function pause(executor: Executor, ms: number, signal: AbortSignal | null): Promise<void> {
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
