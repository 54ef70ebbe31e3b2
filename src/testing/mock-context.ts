import type { Json } from '../core/json.ts';
import { noteForeignCall } from '../engine/foreign-calls.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import { definitionOf } from '../workflow/define-workflow.ts';
import { installDeterministicGlobals } from '../workflow/deterministic-globals.ts';
import { resolveDefinition } from '../workflow/resolve-definition.ts';
import { isWorkflowClass } from '../workflow/workflow-class.ts';
import { createMockPrimitives } from './mock-primitives.ts';
import { createMockTime } from './mock-time.ts';
import { createMockTrack, type MockTrack } from './mock-track.ts';
import { INSPECT, type Inspectable } from './run-view.ts';

export interface MockContextOptions {
  /** By name of the step: a function of its arguments, an error, or a value. Others run for real, once. */
  readonly steps?: { readonly [stepName: string]: unknown };
  /** By name of the hook: the payload, a function that gives it, or an error. */
  readonly hooks?: { readonly [hookName: string]: unknown };
  /** By name of the workflow: a function of its input, an error, or a value. Others run in here, too. */
  readonly workflows?: { readonly [workflowName: string]: unknown };
  /** Default `run_0000000000000000`. */
  readonly runId?: string;
  readonly metadata?: { readonly [key: string]: Json };
  /** What the code takes for the time of its start. Default: the first of January 2030, UTC. */
  readonly now?: Date;
  /** Default: none, as if no schedule had started it. */
  readonly scheduledTime?: Date;
}

/**
 * Runs workflow code in memory, without an engine, a store or time: sleeps end in the order of their
 * length as soon as nothing else goes on, and everything the code asks for is kept.
 */
export interface MockContext extends MockTrack, Inspectable {
  /** What primitives talk to; for code that wants one. */
  readonly context: WorkflowContext;
  /**
   * Runs a workflow, or any function, to its end.
   * @returns its result; undefined if it continues as new, see `continuedAsNew`
   * @throws what it throws; an Error if it waits for a hook that has no answer
   */
  run<In, Out>(workflow: (input: In) => Out | Promise<Out>, input: NoInfer<In>): Promise<Out>;
  run<Out>(workflow: () => Out | Promise<Out>): Promise<Out>;
  /** Asks the running code to stop: pending waits reject with a CancellationError. */
  cancel(reason?: string): void;
}

const START = Date.UTC(2030, 0, 1);

export function createMockContext(options: MockContextOptions = {}): MockContext {
  installDeterministicGlobals(noteForeignCall);
  const track = createMockTrack();
  const time = createMockTime(options.now?.getTime() ?? START);
  const mock = createMockPrimitives({ ...options, runId: options.runId ?? NO_RUN }, track, time);

  async function run(workflow: unknown, input?: unknown): Promise<unknown> {
    track.status = 'running';
    const fn = functionOf(workflow);
    try {
      const ended = runInContext(mock.context, async () => fn(input as never));
      const result = await Promise.race([ended, mock.continued, time.stuck]);
      track.status = track.continuedAsNew === undefined ? 'completed' : 'continued_as_new';
      return result;
    } catch (error) {
      track.status = mock.isCancelled() ? 'cancelled' : 'failed';
      throw error;
    }
  }

  return Object.assign(track, {
    context: mock.context,
    run: run as MockContext['run'],
    cancel: mock.cancel,
    [INSPECT]: async () => ({
      name: `the mock context`,
      status: track.status,
      completedSteps: track.steps.filter(({ ok }) => ok).map(({ name }) => name),
      slept: track.sleeps.filter(({ ended }) => ended).map(({ ms }) => ms),
      waitingHooks: track.hooks.filter(({ answered }) => !answered).map(({ name }) => name),
    }),
  });
}

const NO_RUN = 'run_0000000000000000';

/** A workflow's own function, as the definition has it; any other function as it is. */
function functionOf(workflow: unknown): (input: never) => unknown {
  const named = definitionOf(workflow) !== undefined || isWorkflowClass(workflow);
  if (named) return resolveDefinition(workflow).fn;
  return workflow as (input: never) => unknown;
}
