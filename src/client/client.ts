import type { WorkflowEvent } from '../core/event.ts';
import type { HookRecord, HookStatus } from '../core/hook.ts';
import type { Json } from '../core/json.ts';
import type { RunRecord, RunStatus, RunSummary } from '../core/run.ts';
import type { RunFacts, RunVerdict } from '../executor/check-run.ts';
import type { WorkflowFunction } from '../workflow/define-workflow.ts';
import type {
  ClassInput,
  ClassOutput,
  Workflow,
  WorkflowClass,
} from '../workflow/workflow-class.ts';
import type { SchedulerHandle, SchedulerOptions, SchedulesClient } from './schedules-client.ts';

/**
 * The only door for applications, the command line and the dashboard. Every `id` of a run may be
 * the whole id, an unambiguous prefix of it, or `latest`.
 */
export interface Client {
  /** Where the runs live, without secrets: `sqlite ./pyworkflow_data/pyworkflow.db`. */
  readonly store: string;

  start<In, Out, Parsed>(
    workflow: WorkflowFunction<In, Out, Parsed>,
    ...args: StartArguments<NoInfer<In>>
  ): Promise<RunHandle<Out>>;
  start<W extends Workflow>(
    workflow: WorkflowClass<W>,
    ...args: StartArguments<ClassInput<W>>
  ): Promise<RunHandle<ClassOutput<W>>>;
  start(workflow: string, input?: unknown, options?: StartOptions): Promise<RunHandle>;

  readonly runs: RunsClient;
  readonly hooks: HooksClient;
  readonly schedules: SchedulesClient;
  readonly workers: WorkersClient;

  /**
   * Serves this process's store until `stop`: new runs, due timers, resumed hooks, the runs of dead
   * workers, and schedules, after activating those that workflows of this process bring along.
   */
  startWorker(options?: WorkerOptions): Promise<Worker>;
  /** Starts the runs of schedules until `stop`; workers, here or elsewhere, execute them. */
  startScheduler(options?: SchedulerOptions): Promise<SchedulerHandle>;

  /**
   * What this client has counted since it was opened, in the text format of Prometheus.
   * @throws ConfigurationError unless `observability.metrics` is true
   */
  metrics(): Promise<string>;

  /** Lets running steps finish, hands back every run, closes the store. Safe to call twice. */
  close(): Promise<void>;
}

/** `start(wf)` for workflows without input, `start(wf, input, options?)` for the others. */
export type StartArguments<In> = undefined extends In
  ? [input?: In, options?: StartOptions]
  : [input: In, options?: StartOptions];

export interface StartOptions {
  /** The same key and workflow give the same run, whoever calls. */
  readonly idempotencyKey?: string;
  readonly metadata?: { readonly [key: string]: Json };
  readonly tags?: readonly string[];
  /**
   * What a key does that belongs to a run which has failed or was cancelled: `return` that run
   * (default), or `restart`: a new run takes over the key.
   */
  readonly ifFailed?: 'return' | 'restart';
  /** `true` only records the run and leaves it to a worker. Default false. */
  readonly detach?: boolean;
  /** `false` runs without a store. Default: the workflow's own setting. */
  readonly durable?: boolean;
}

export interface RunHandle<Out = unknown> {
  readonly runId: string;
  /** True if an earlier call with the same idempotency key started it. */
  readonly alreadyStarted: boolean;
  /**
   * The workflow's result, once it has one.
   * @throws WorkflowFailedError if the run fails or is parked, CancellationError if it is
   *   cancelled, WaitTimeoutError after `timeoutMs`.
   */
  result(options?: WaitOptions): Promise<Out>;
  status(): Promise<RunStatus>;
  cancel(reason?: string): Promise<CancelResult>;
}

export interface WaitOptions {
  /** Milliseconds; default: for ever. */
  readonly timeoutMs?: number;
  /** Stops waiting; the run goes on. */
  readonly signal?: AbortSignal;
}

export interface CancelResult {
  readonly runId: string;
  /** False if the run had ended already. */
  readonly cancelled: boolean;
  /** At the time of the answer; a running run needs a moment to clean up. */
  readonly status: RunStatus;
}

export interface RunsClient {
  /** @throws WorkflowNotFoundError, AmbiguousIdError */
  get(id: string): Promise<RunRecord>;
  /** The whole id of a run. @throws WorkflowNotFoundError, AmbiguousIdError */
  resolveId(id: string): Promise<string>;
  /** Newest first. */
  list(
    filter?: ListRuns,
  ): Promise<{ readonly items: readonly RunSummary[]; readonly nextCursor: string | null }>;
  /** In order of sequence. @throws WorkflowNotFoundError */
  events(
    id: string,
    options?: { after?: number; limit?: number },
  ): Promise<readonly WorkflowEvent[]>;
  /**
   * Yields recorded events and then new ones as they come; ends after the last event of a run that
   * has ended or is parked, or when `signal` fires.
   */
  follow(
    id: string,
    options?: { after?: number; signal?: AbortSignal },
  ): AsyncIterable<WorkflowEvent>;
  /**
   * Waits until the run has ended or is parked (`interrupted`) and gives its record; of a run that
   * continues as new, that of the last run of its chain.
   * @throws WaitTimeoutError, and the signal's reason when it fires.
   */
  wait(id: string, options?: WaitOptions): Promise<RunRecord>;
  /** Asks the run to stop: it may clean up first. */
  cancel(id: string, options?: { reason?: string; requestedBy?: string }): Promise<CancelResult>;
  /** The gates an unfinished run holds or waits at, by name, and who is in its way. */
  gates(id: string): Promise<readonly RunGate[]>;
  /** The chain of continued runs that this one belongs to, oldest first. */
  chain(id: string): Promise<readonly RunSummary[]>;
  /** Wakes a parked run so that it is tried again with today's code. */
  resume(id: string, options?: { requestedBy?: string }): Promise<RunRecord>;
  /**
   * A new run that takes over the history of this one up to a step and goes on from there with
   * today's code; this one stays as it is.
   * @throws WorkflowNotFoundError, ValidationError for a step that never began, an override that does
   *   not apply or an input that comes too late, WorkflowAlreadyRunningError
   */
  fork(id: string, options?: ForkOptions): Promise<RunHandle>;
  /**
   * Replays runs against the workflows of this process and tells which no longer fit, before they
   * find out themselves. Nothing is started or written. Without a filter: all unfinished runs.
   */
  check(runs?: CheckRuns): AsyncIterable<CheckedRun>;
}

/** A counted place: `workflow:order`, `singleton:order:key`, `schedule:sched_1`. */
export interface RunGate {
  readonly name: string;
  readonly limit: number;
  /** Whether this run holds it or waits. */
  readonly held: boolean;
  /** Of all runs. */
  readonly holders: number;
  readonly waiting: number;
  /** Ids of holders, oldest first, five at most. */
  readonly heldBy: readonly string[];
}

export interface ForkOptions {
  /**
   * The step that is the first to run again, by id (`step_charge_1`) or name (its last occurrence).
   * Default: the last step that failed.
   */
  readonly fromStep?: string;
  /**
   * Results by the id or name of a step before that one, which count instead of what it gave; for
   * that step itself: it does not run again but has this result.
   */
  readonly overrides?: { readonly [step: string]: unknown };
  /** Another input; only if nothing is taken over, for a fork from the run's first step. */
  readonly input?: unknown;
  /** `true` leaves it to a worker. Default false. */
  readonly detach?: boolean;
}

export interface CheckRuns extends ListRuns {
  /** These runs, finished ones too, instead of those that the filter finds. */
  readonly ids?: readonly string[];
  /** Histories from elsewhere, instead of runs of the store. */
  readonly histories?: readonly (RunFacts & {
    readonly workflowName: string;
    readonly events: readonly WorkflowEvent[];
  })[];
}

export interface CheckedRun {
  readonly runId: string;
  readonly workflowName: string;
  /** Null for a history from elsewhere. */
  readonly status: RunStatus | null;
  readonly verdict: RunVerdict;
}

export interface ListRuns {
  readonly query?: string;
  readonly statuses?: readonly RunStatus[];
  readonly workflowName?: string;
  readonly tag?: string;
  /** Children of this run. */
  readonly parentRunId?: string;
  readonly scheduleId?: string;
  /** Milliseconds since the epoch, inclusive. */
  readonly since?: number;
  /** Milliseconds since the epoch, exclusive. */
  readonly until?: number;
  /** Default 100. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface HooksClient {
  /** Newest first. */
  list(filter?: { runId?: string; status?: HookStatus; limit?: number; cursor?: string }): Promise<{
    readonly items: readonly HookRecord[];
    readonly nextCursor: string | null;
  }>;
  /** @param token `run_id:hook_id` or the full token. @throws InvalidTokenError, HookNotFoundError */
  get(token: string): Promise<HookRecord>;
  /**
   * Checks the payload and hands it to the run; exactly one call for a hook succeeds.
   * @throws ValidationError (the hook stays pending), HookNotFoundError, InvalidTokenError,
   *   HookAlreadyReceivedError, HookExpiredError
   */
  resume(token: string, payload: unknown): Promise<ResumeResult>;
}

export interface ResumeResult {
  readonly runId: string;
  readonly hookId: string;
  readonly status: 'resumed';
}

export interface WorkersClient {
  /** Every process that has registered and not said goodbye, oldest first. */
  list(): Promise<readonly RegisteredWorker[]>;
}

/** Times are milliseconds since the epoch. */
export interface RegisteredWorker {
  readonly workerId: string;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
  /** It keeps its runs until then and moves this on while it lives. */
  readonly expiresAt: number;
  /** `expiresAt` is still to come. */
  readonly isAlive: boolean;
}

export interface WorkerOptions {
  /** Default: `host:pid`. */
  readonly name?: string;
  /** Runs advanced at the same time. Default: from the configuration, 10. */
  readonly concurrency?: number;
  /** Only these workflows. Default: every registered one. */
  readonly workflows?: readonly string[];
  /** `false` leaves schedules to other processes. Default true. */
  readonly schedules?: boolean;
}

export interface Worker {
  readonly workerId: string;
  readonly name: string;
  /** Runs being advanced right now. */
  readonly activeRuns: number;
  /** Settles when it has stopped; rejects with the store's error if that made it give up. */
  readonly done: Promise<void>;
  /** Takes no more runs, lets running steps finish (at most `graceMs`, default 30 s), hands back the rest. */
  stop(options?: { graceMs?: number }): Promise<void>;
}
