import { AsyncLocalStorage } from 'node:async_hooks';
import type { Duration } from '../core/duration.ts';
import { OutsideWorkflowError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { ChildOptions, ChildWorkflowHandle } from './child-types.ts';
import type { Hook, HookOptions } from './hook-types.ts';
import type { StepDefinition } from './step-definition.ts';
import type { WorkflowDefinition } from './workflow-definition.ts';

/**
 * What a primitive asks of whoever runs the workflow. The engine's replay context implements it
 * for the local and BullMQ runtimes; a runtime that replays by itself implements it directly.
 *
 * Invariant: a method that has to wait returns a promise that settles only when its event is
 * delivered. Nothing is thrown to suspend (ADR 0002).
 */
export interface WorkflowContext {
  readonly kind: 'workflow';
  readonly runId: string;
  readonly workflowName: string;
  readonly metadata: { readonly [key: string]: Json };
  /** True while the code runs through what is already recorded. */
  readonly isReplaying: boolean;
  /** The occurrence of its schedule, or null for a run that no schedule started. */
  readonly scheduledTime: Date | null;
  readonly parentRunId: string | null;
  /** Fires when the run is cancelled. */
  readonly signal: AbortSignal;

  runStep(definition: StepDefinition, args: readonly unknown[]): Promise<unknown>;
  sleep(until: Duration | Date, options: { name?: string }): Promise<void>;
  hook(name: string, options: HookOptions): Hook<unknown>;
  /** Runs `fn` so that cancellation does not reach the primitives inside it. */
  shield<T>(fn: () => Promise<T>): Promise<T>;
  /** @throws UnknownWorkflowError, ValidationError, MaxNestingDepthError; nothing was started then */
  startChild(
    definition: WorkflowDefinition,
    input: unknown,
    options: ChildOptions,
  ): ChildWorkflowHandle;
  /** Ends this run and goes on as a new one. @throws ValidationError, CancellationError */
  continueAsNew(input: unknown): Promise<never>;
  /** True if the run takes the new way at the change of this id. */
  patched(id: string): boolean;
  deprecatePatch(id: string): void;
  /** Records that a saga begins to undo; call what it gives when that is done. */
  beginCompensation(
    name: string | null,
    error: unknown,
    undos: number,
  ): (failedUndos: number) => void;
  /** Throws CancellationError if the run has been asked to stop. */
  checkCancellation(): void;
  /** Shown beside the run until the next report. */
  reportProgress(done: number, total: number | null, note: string | null): void;
  /** Puts a line into the history, once, whatever is replayed. */
  recordLog(level: string, message: string, fields: { readonly [key: string]: unknown }): void;

  /** Deterministic time, milliseconds since the epoch. */
  now(): number;
  /** Deterministic, in [0, 1). */
  random(): number;
  randomUUID(): string;
}

/** What a step's code can ask about the attempt it runs in. */
export interface StepContext {
  readonly kind: 'step';
  readonly runId: string;
  readonly workflowName: string;
  readonly stepId: string;
  readonly stepName: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly metadata: { readonly [key: string]: Json };
  /** Same for every attempt of this step and for no other step: hand it to services that deduplicate. */
  readonly idempotencyKey: string;
  /** Fires on timeout, cancellation and shutdown; `signal.reason` says which. */
  readonly signal: AbortSignal;
  /** Throws CancellationError if the run has been asked to stop. */
  checkCancellation(): void;
  /** Shown beside the run until the next report. */
  reportProgress(done: number, total: number | null, note: string | null): void;
  /** Puts a line into the run's history. */
  recordLog(level: string, message: string, fields: { readonly [key: string]: unknown }): void;
}

export type Context = WorkflowContext | StepContext;

// One storage for all copies of the package in a process: a workflow module may load its own.
const KEY = Symbol.for('pyworkflow.context.1');
const shared = globalThis as { [KEY]?: AsyncLocalStorage<Context | undefined> };
shared[KEY] ??= new AsyncLocalStorage<Context | undefined>();
const storage: AsyncLocalStorage<Context | undefined> = shared[KEY];

/** Runs `fn` and everything it awaits with `context` as the current one. */
export function runInContext<T>(context: Context | undefined, fn: () => T): T {
  return storage.run(context, fn);
}

/** The current context, or undefined outside of workflows and steps. */
export function currentContext(): Context | undefined {
  return storage.getStore();
}

export function hasContext(): boolean {
  return storage.getStore() !== undefined;
}

/**
 * The context of the running workflow or step.
 * @throws OutsideWorkflowError outside of both.
 */
export function getContext(): Context {
  const context = storage.getStore();
  if (context === undefined) throw new OutsideWorkflowError('getContext', 'outside of workflows');
  return context;
}

/**
 * The context for a primitive that works in a workflow's body only.
 * @throws OutsideWorkflowError in a step or outside, naming the primitive.
 */
export function workflowContext(primitive: string): WorkflowContext {
  const context = storage.getStore();
  if (context?.kind === 'workflow') return context;
  throw new OutsideWorkflowError(primitive, context ? 'in a step' : 'outside of workflows');
}
