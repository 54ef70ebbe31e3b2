import { parseDuration } from '../core/duration.ts';
import { CancellationError, HookExpiredError } from '../core/errors.ts';
import { randomUuid, seededRandom } from '../engine/random.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import type { Hook, HookOptions } from '../workflow/hook-types.ts';
import { behave } from './behaviour.ts';
import { startMockChild } from './mock-child.ts';
import type { MockContextOptions } from './mock-context.ts';
import { runMockStep } from './mock-step.ts';
import type { MockTime } from './mock-time.ts';
import type { WritableTrack } from './mock-track.ts';

/** The third implementation of `WorkflowContext`, after the replay context and the transient one. */
export function createMockPrimitives(
  options: MockContextOptions & { readonly runId: string },
  track: WritableTrack,
  time: MockTime,
) {
  const { runId, metadata = {}, scheduledTime = null } = options;
  const controller = new AbortController();
  const random = seededRandom(runId);
  const counts = new Map<string, number>();
  let goOn: (value: undefined) => void = () => {};
  const continued = new Promise<undefined>((resolve) => {
    goOn = resolve;
  });

  const nextId = (kind: string, name: string | null) => {
    const named = name === null ? kind : `${kind}_${name}`;
    counts.set(named, (counts.get(named) ?? 0) + 1);
    return `${named}_${counts.get(named)}`;
  };

  /** Cancellation ends a wait, unless a shield covers it. */
  function wait<T>(shielded: boolean, begin: (settle: Settle<T>) => () => void): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      const { signal } = controller;
      if (signal.aborted && !shielded) return reject(signal.reason);
      const over = () => signal.removeEventListener('abort', onAbort);
      const callOff = begin({
        resolve(value) {
          over();
          resolve(value);
        },
        reject(error) {
          over();
          reject(error);
        },
      });
      const onAbort = () => {
        callOff();
        reject(signal.reason);
      };
      if (!shielded) signal.addEventListener('abort', onAbort, { once: true });
    });
    // A branch that nobody awaits must not end the process.
    promise.catch(() => {});
    return promise;
  }

  const contextFor = (shielded: boolean): WorkflowContext => ({
    kind: 'workflow',
    runId,
    workflowName: 'mock',
    metadata,
    isReplaying: false,
    scheduledTime,
    parentRunId: null,
    signal: controller.signal,
    runStep: (definition, args) =>
      wait(shielded, (settle) =>
        runMockStep(
          { definition, args, runId, stepId: nextId('step', definition.name) },
          {
            mocks: options.steps ?? {},
            track,
            time,
            settle,
          },
        ),
      ),
    sleep(until, { name = null as string | null }) {
      const ms = until instanceof Date ? until.getTime() - time.now() : parseDuration(until);
      if (ms <= 0) return Promise.resolve();
      const sleep = { name, ms, ended: false };
      return wait<void>(shielded, ({ resolve }) => {
        track.sleeps.push(sleep);
        return time.after(ms, () => {
          sleep.ended = true;
          resolve();
        });
      });
    },
    hook: (name, hookOptions) => hook(shielded, name, hookOptions),
    shield: (fn) => runInContext(contextFor(true), fn),
    startChild: (definition, input, childOptions) =>
      startMockChild(
        {
          definition,
          input,
          options: childOptions,
          runId,
          id: nextId('child', childOptions.id ?? definition.name),
        },
        {
          mocks: options.workflows ?? {},
          track,
          time,
          context: contextFor(shielded),
          wait: (begin) => wait(shielded, begin),
        },
      ),
    continueAsNew(input) {
      track.continuedAsNew = { input };
      goOn(undefined);
      return new Promise<never>(() => {});
    },
    patched(id) {
      track.patches.push(id);
      return true;
    },
    deprecatePatch() {},
    beginCompensation: () => () => {},
    checkCancellation() {
      if (controller.signal.aborted && !shielded) throw controller.signal.reason;
    },
    reportProgress() {},
    recordLog() {},
    now: time.now,
    random,
    randomUUID: () => randomUuid(random),
  });

  function hook(
    shielded: boolean,
    name: string,
    { timeout, onCreated }: HookOptions,
  ): Hook<unknown> {
    const hookId = nextId('hook', name);
    const token = `${runId}:${hookId}`;
    const record = { name, token, answered: false };
    track.hooks.push(record);
    const promise = wait(shielded, ({ resolve, reject }) => {
      const answers = options.hooks ?? {};
      if (Object.hasOwn(answers, name)) {
        const answered = (async () => behave(answers[name], [{ name, token }]))();
        const end = time.begin();
        answered.finally(end).catch(() => {});
        record.answered = true;
        answered.then(resolve, reject);
        return () => {};
      }
      if (timeout === undefined) {
        return time.waits(
          () => `hook '${name}' has no answer: createMockContext({ hooks: { '${name}': … } })`,
        );
      }
      return time.after(parseDuration(timeout), () => reject(new HookExpiredError(hookId)));
    });
    if (onCreated !== undefined) void (async () => onCreated(token))().catch(() => {});
    return Object.assign(promise, { hookId, name, token });
  }

  return {
    context: contextFor(false),
    continued,
    isCancelled: () => controller.signal.aborted,
    cancel: (reason?: string) => controller.abort(new CancellationError(reason ?? null)),
  };
}

export interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}
