import { openStore } from '../app.ts';
import type { Client, RunHandle } from '../client/client.ts';
import type { Config } from '../config/config.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { Duration } from '../core/duration.ts';
import type { RunRecord } from '../core/run.ts';
import type { WorkflowFunction } from '../workflow/define-workflow.ts';
import type { Workflow, WorkflowClass } from '../workflow/workflow-class.ts';
import { createActivity } from './activity.ts';
import { checkReplays } from './always-replay.ts';
import type { Behaviour } from './behaviour.ts';
import { createHookAnswers, type HookAnswer } from './hook-answers.ts';
import type { MockStep } from './mock-step-type.ts';
import { nameOfStep, nameOfWorkflow } from './names.ts';
import { type CrashPlan, openProcesses } from './processes.ts';
import { reportRepeatedSteps } from './repeated-steps.ts';
import { shareStore } from './shared-store.ts';
import { createStepMocks } from './step-mocks.ts';
import { createStepTime } from './step-time.ts';
import { createTimeDriver } from './time-driver.ts';
import { timeSkippingClient } from './time-skipping-client.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { parseVirtualDuration } from './virtual-duration.ts';
import { createWorkflowMocks, type WorkflowMock } from './workflow-mocks.ts';

export interface TestEnvironmentOptions {
  /** As for `createClient`, but nothing comes from the environment or a file. Default: a memory store. */
  readonly config?: Config;
  /** Where virtual time begins. Default: the first of January 2030, UTC. */
  readonly now?: Date;
  /** The most virtual time that one wait for a run may skip. Default '10y'. */
  readonly horizon?: Duration;
  /**
   * No session is kept, and after every commit the whole history is replayed: code that is not
   * deterministic fails the test with a NonDeterminismError. Default false.
   */
  readonly alwaysReplay?: boolean;
}

/** A real engine whose time passes only while somebody waits for a run, or in `advance`. */
export interface TestEnvironment {
  /** Like any other; waiting for a run's end skips time. */
  readonly client: Client;
  /** `client.start`. */
  readonly start: Client['start'];
  /** Virtual time. */
  now(): Date;
  /**
   * Lets so much time pass: timers fire in their order, and what they wake runs to its next wait.
   * @param duration as everywhere, and '1y', 365 days. @throws ValidationError
   */
  advance(duration: Duration): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Skips time until the run has ended or is parked. @throws an Error if nothing can wake it any more */
  runUntilEnd(run: RunHandle | string): Promise<RunRecord>;
  /**
   * Waits by virtual time: in a step, or its mock, that takes a while. Until then the clock does not
   * wait for that step, so its timeout may fire. @throws ValidationError
   */
  sleep(duration: Duration): Promise<void>;
  /** Puts something else in the place of a step's code, for all runs of this environment. */
  readonly mockStep: MockStep;
  /**
   * Puts something else in the place of a workflow's body, as a child or as a run of its own.
   * @param behaviour a function of the input that may use steps and sleeps, an error or a value
   * @throws UnknownWorkflowError
   */
  mockWorkflow(
    workflow: string | WorkflowFunction<never, unknown, never> | WorkflowClass<Workflow>,
    behaviour: Behaviour | unknown,
  ): WorkflowMock;
  /**
   * Answers the hooks of this name, those that wait already included, until `restore`.
   * @param payload or a function of the hook that gives it
   * @param options.after virtual time between the hook and its answer. Default: none
   */
  answerHook(name: string, payload: unknown, options?: { readonly after?: Duration }): HookAnswer;
  /** Ends everything. Call it after each test. */
  close(): Promise<void>;
}

const START = Date.UTC(2030, 0, 1);

/** @throws ConfigurationError, ValidationError, and what opening the store throws */
export function createTestEnvironment(
  options: TestEnvironmentOptions = {},
): Promise<TestEnvironment> {
  return openEnvironment(options, null);
}

/** @param crash kills the worker at a commit; then the test's own client is a process apart. */
export async function openEnvironment(
  { config = {}, now, horizon = '10y', alwaysReplay = false }: TestEnvironmentOptions,
  crash: CrashPlan | null,
): Promise<TestEnvironment> {
  const resolved = resolveConfig({
    config: {
      storage: { backend: 'memory' },
      ...config,
      worker: { concurrency: 100, ...config.worker, ...(alwaysReplay && { cacheSize: 0 }) },
    },
    env: {},
    cwd: process.cwd(),
  });
  const horizonMs = parseVirtualDuration(horizon);
  const clock = createVirtualClock(now?.getTime() ?? START);
  const activity = createActivity();
  const stepMocks = createStepMocks();
  const workflowMocks = createWorkflowMocks();
  const stepTime = createStepTime(clock);
  const shared = shareStore(await openStore(resolved));
  const watched = crash === null ? <F>(fn: F) => fn : reportRepeatedSteps(shared, crash.onRepeated);
  const processes = await openProcesses({
    config: resolved,
    shared,
    clock,
    activity,
    crash,
    onError: (error) => driver.fail(error),
    standIns: (of) => ({
      step: (step) => {
        const fn = stepTime.counted(step, stepMocks.functionOf(step), of);
        return { ...step, fn: watched(fn) };
      },
      workflow: (workflow) => ({ ...workflow, fn: workflowMocks.functionOf(workflow) }),
    }),
  });
  const replays = createActivity(activity);
  const driver = createTimeDriver({
    clock,
    activity,
    horizonMs,
    isIdle: processes.areIdle,
    checked: replays.whenNone,
  });
  const client = timeSkippingClient(processes.client, driver, activity, crash !== null);
  const answers = createHookAnswers({
    client: processes.client,
    clock,
    activity,
    onError: driver.fail,
  });
  shared.onCommitted(({ hooks }) => hooks.forEach(answers.created));
  if (alwaysReplay)
    checkReplays({ shared, activity: replays, workflowMocks, onError: driver.fail });

  return {
    client,
    start: client.start,
    now: () => new Date(clock.now()),
    advance: async (duration) => driver.advanceTo(clock.now() + parseVirtualDuration(duration)),
    settle: driver.settle,
    runUntilEnd: (run) => client.runs.wait(typeof run === 'string' ? run : run.runId),
    sleep: async (duration) => stepTime.sleep(parseVirtualDuration(duration)),
    mockStep: ((step: unknown, ...behaviour: [] | [Behaviour]) =>
      stepMocks.mock(nameOfStep(step), behaviour)) as MockStep,
    mockWorkflow: (workflow, behaviour) => workflowMocks.mock(nameOfWorkflow(workflow), behaviour),
    answerHook: (name, payload, { after = 0 } = {}) =>
      answers.answer(name, payload, parseVirtualDuration(after)),
    async close() {
      await processes.close(driver);
      await shared.close();
    },
  };
}
