import { encode } from '../core/codec.ts';
import { parseDuration } from '../core/duration.ts';
import {
  CancellationError,
  ChildWorkflowFailedError,
  MaxNestingDepthError,
  OutsideWorkflowError,
  WorkflowTimeoutError,
} from '../core/errors.ts';
import { newRunId } from '../core/id.ts';
import { randomUuid, seededRandom } from '../engine/random.ts';
import type { ChildOptions, ChildStatus, ChildWorkflowHandle } from '../workflow/child-types.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import { validateNow } from '../workflow/schema.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { Executor } from './executor.ts';
import { observeTransient } from './observe-transient.ts';
import { pause, runTransientStep } from './transient-step.ts';

export interface TransientRun {
  readonly runId: string;
  readonly result: Promise<unknown>;
  cancel(reason: string | null): void;
}

/** The run that started this one as its child. */
interface Parent {
  readonly runId: string;
  readonly depth: number;
}

/**
 * Runs a workflow in this process, without a store: steps retry here, sleeps wait here, and children
 * run here as well.
 */
export function runTransient(
  executor: Executor,
  definition: WorkflowDefinition,
  input: unknown,
  parent: Parent | null = null,
): TransientRun {
  const runId = newRunId();
  const controller = new AbortController();
  const counts = new Map<string, number>();
  const children = new Set<{ readonly run: TransientRun; readonly options: ChildOptions }>();
  const depth = parent === null ? 0 : parent.depth + 1;
  // Not the process's own, which asks the workflow's context: this one.
  const random = seededRandom(runId);
  let goOn: (input: unknown) => void = () => {};

  controller.signal.addEventListener('abort', () => closeChildren('cancelled'));

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
      scheduledTime: null,
      parentRunId: parent?.runId ?? null,
      signal: controller.signal,
      runStep: (step, args) =>
        begin(async () => {
          check();
          const stepId = `step_${step.name}_${countOf(step.name)}`;
          const signal = shielded ? null : controller.signal;
          const { name: workflowName, metadata } = definition;
          const run = { runId, workflowName, metadata };
          return runTransientStep(executor, run, {
            step,
            args: encode(args),
            stepId,
            wait,
            signal,
          });
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
      startChild,
      continueAsNew: async (next) => {
        check();
        const what = `The input of workflow '${definition.name}' does not fit`;
        goOn(validateNow(definition.input, next, what));
        return new Promise<never>(() => {});
      },
      patched: () => true,
      deprecatePatch() {},
      beginCompensation: () => () => {},
      checkCancellation: check,
      reportProgress() {},
      recordLog() {},
      now: () => executor.clock.now(),
      random,
      randomUUID: () => randomUuid(random),
    };
  };

  function countOf(name: string): number {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count;
  }

  function startChild(
    child: WorkflowDefinition,
    value: unknown,
    options: ChildOptions,
  ): ChildWorkflowHandle {
    const { maxNestingDepth } = executor.settings;
    if (depth >= maxNestingDepth) throw new MaxNestingDepthError(depth, maxNestingDepth);
    const what = `The input of workflow '${child.name}' does not fit`;
    const checked = validateNow(child.input, value, what);
    const run = runTransient(executor, child, checked, { runId, depth });
    const started = { run, options };
    const label = options.id ?? child.name;
    children.add(started);
    let status: ChildStatus = 'running';
    const result = run.result.then(
      (ended) => {
        status = 'completed';
        return ended;
      },
      (error) => {
        status = CancellationError.is(error, 'CANCELLED') ? 'cancelled' : 'failed';
        throw new ChildWorkflowFailedError(run.runId, child.name, status, error);
      },
    );
    result.catch(() => {}).then(() => children.delete(started));
    return {
      childId: `child_${label}_${countOf(`child ${label}`)}`,
      childRunId: run.runId,
      childWorkflowName: child.name,
      parentRunId: runId,
      status: async () => status,
      result: () => result,
      cancel: async (reason) => {
        const active = status === 'running';
        if (active) run.cancel(reason ?? null);
        return active;
      },
    };
  }

  function closeChildren(status: string): void {
    for (const { run, options } of children) {
      if (options.parentClosePolicy === 'abandon') continue;
      run.cancel(`Parent workflow ${runId} ${status}`);
    }
  }

  /** One generation after the other, without a deeper stack. */
  async function run(): Promise<unknown> {
    for (let next = input; ; ) {
      const continued = new Promise<{ input: unknown }>((resolve) => {
        goOn = (given) => resolve({ input: given });
      });
      const value = next;
      const { fn } = executor.standIns?.workflow(definition) ?? definition;
      const ended = runInContext(contextFor(false), async () => fn(value as never));
      const outcome = await Promise.race([ended.then((result) => ({ result })), continued]);
      if ('result' in outcome) return outcome.result;
      next = outcome.input;
    }
  }

  function runInTime(): Promise<unknown> {
    const result = run().finally(() => closeChildren('ended'));
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

  const names = { runId, workflowName: definition.name, parentRunId: parent?.runId ?? null };
  const result = observeTransient(executor.observer, names, runInTime);
  result.catch(() => {});
  return {
    runId,
    result,
    cancel: (reason) => controller.abort(new CancellationError(reason)),
  };
}

/** A branch that nobody awaits must not end the process when it fails. */
function begin<T>(work: () => Promise<T>): Promise<T> {
  const promise = work();
  promise.catch(() => {});
  return promise;
}
