import { FatalError, StepFailedError } from '../core/errors.ts';
import { runInContext, type StepContext } from '../workflow/context.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import { behave } from './behaviour.ts';
import type { Settle } from './mock-primitives.ts';
import type { MockTime } from './mock-time.ts';
import type { WritableTrack } from './mock-track.ts';

interface Call {
  readonly definition: StepDefinition;
  readonly args: readonly unknown[];
  readonly runId: string;
  readonly stepId: string;
}

interface Parts {
  readonly mocks: { readonly [stepName: string]: unknown };
  readonly track: WritableTrack;
  readonly time: MockTime;
  readonly settle: Settle<unknown>;
}

/** One attempt and no more: what it throws is what a step gives up with. Returns how to tell it to stop. */
export function runMockStep(call: Call, { mocks, track, time, settle }: Parts): () => void {
  const { definition, args, stepId } = call;
  const { name } = definition;
  const controller = new AbortController();
  const step = { name, args, ok: false };
  track.steps.push(step);
  const mocked = Object.hasOwn(mocks, name) ? mocks[name] : definition.fn;
  const end = time.begin();
  const done = runInContext(contextOf(call, controller.signal), async () => behave(mocked, args));
  done.then(
    (value) => {
      step.ok = true;
      settle.resolve(value);
    },
    (error) => settle.reject(new StepFailedError(name, stepId, 1, error)),
  );
  done.then(end, end);
  return () => controller.abort(new FatalError('the run was cancelled'));
}

function contextOf({ definition, runId, stepId }: Call, signal: AbortSignal): StepContext {
  return {
    kind: 'step',
    runId,
    workflowName: 'mock',
    stepId,
    stepName: definition.name,
    attempt: 1,
    metadata: {},
    idempotencyKey: `${runId}:${stepId}`,
    signal,
    checkCancellation: () => signal.throwIfAborted(),
    reportProgress() {},
    recordLog() {},
  };
}
