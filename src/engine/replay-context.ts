import { encode } from '../core/codec.ts';
import { type Duration, parseDuration } from '../core/duration.ts';
import { CancellationError, messageOf, ValidationError } from '../core/errors.ts';
import { hookToken } from '../core/id.ts';
import { loggable } from '../core/loggable.ts';
import { currentContext, runInContext, type WorkflowContext } from '../workflow/context.ts';
import type { Hook, HookOptions } from '../workflow/hook-types.ts';
import { jsonSchemaOf, validateNow } from '../workflow/schema.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import { createDraws, type Draws } from './draws.ts';
import { onForeignCall } from './foreign-calls.ts';
import { deprecatePatch, patched } from './patches.ts';
import { rejection, rejectQuietly } from './pending.ts';
import { type Scope, startChild } from './replay-child.ts';
import type { Session } from './session.ts';

type AbortableContext = WorkflowContext & { abort(reason: unknown): void };

/** The primitives over a session. One context a session, and one more for each shielded scope. */
export function createReplayContext(session: Session): AbortableContext {
  let controller: AbortController | undefined;
  const shared = {
    scopes: new WeakMap<object, Scope>(),
    ...createDraws(session),
    signal: () => {
      controller ??= new AbortController();
      if (session.cancelled && !controller.signal.aborted) {
        controller.abort(new CancellationError(session.cancelled.reason));
      }
      return controller.signal;
    },
  };
  const context = contextOf(session, false, shared);
  return Object.assign(context, { abort: (reason: unknown) => controller?.abort(reason) });
}

interface SharedParts extends Draws {
  readonly scopes: WeakMap<object, Scope>;
  signal(): AbortSignal;
}

function contextOf(session: Session, shielded: boolean, shared: SharedParts): WorkflowContext {
  const refused = () => {
    if (session.cancelled === null || shielded) return null;
    return rejection(new CancellationError(session.cancelled.reason));
  };
  const check = () => {
    if (session.cancelled && !shielded) throw new CancellationError(session.cancelled.reason);
  };

  const scope: Scope = { shielded, refused };
  // A handle may be used elsewhere than where its child was started.
  const scopeNow = () => shared.scopes.get(currentContext() ?? session) ?? scope;

  const context: WorkflowContext = {
    kind: 'workflow',
    runId: session.runId,
    workflowName: session.workflowName,
    metadata: session.metadata,
    get isReplaying() {
      return session.isReplaying;
    },
    scheduledTime: session.scheduledAt === null ? null : new Date(session.scheduledAt),
    parentRunId: session.parentRunId,
    get signal() {
      return shared.signal();
    },
    runStep: (definition, args) => refused() ?? runStep(session, shielded, definition, args),
    sleep: (until, options) => refused() ?? sleep(session, shielded, until, options.name ?? null),
    hook(name, options) {
      const refusal = refused();
      return refusal === null
        ? hook(session, shielded, name, options)
        : Object.assign(refusal, { hookId: '', name, token: '' });
    },
    shield: (fn) => runInContext(contextOf(session, true, shared), fn),
    startChild: (definition, input, options) =>
      startChild(session, scope, scopeNow, definition, input, options),
    async continueAsNew(input) {
      // Not even under a shield: who was asked to stop does not go on as another run.
      if (session.cancelled) throw new CancellationError(session.cancelled.reason);
      return continueAsNew(session, input);
    },
    patched: (id) => patched(session, id),
    deprecatePatch: (id) => deprecatePatch(session, id),
    beginCompensation: (name, error, undos) => beginCompensation(session, name, error, undos),
    checkCancellation: check,
    reportProgress(done, total, note) {
      if (session.isReplaying || session.outcome !== null) return;
      session.ask({ kind: 'progress', done, total, note });
    },
    recordLog(level, message, fields) {
      session.log({ level, message, fields: loggable(fields), step_id: null });
    },
    now: () => session.now,
    random: shared.random,
    randomUUID: shared.randomUUID,
  };
  shared.scopes.set(context, scope);
  onForeignCall(context, session);
  return context;
}

function runStep(
  session: Session,
  shielded: boolean,
  definition: StepDefinition,
  args: readonly unknown[],
): Promise<unknown> {
  const id = session.nextId('step', definition.name);
  // What is recorded was encodable; only fresh arguments need encoding.
  const recorded = session.recorded.step(id);
  let encoded = recorded?.data.args;
  if (encoded === undefined) {
    try {
      encoded = encode(args);
    } catch (error) {
      return rejection(error);
    }
  }
  const pending = session.request('step', id, definition.name, shielded);
  const attempt = recorded?.data.attempt ?? 1;
  const state = { attempt, retryAt: null, reserved: false, running: null };
  pending.step = { definition, args: encoded, ...state };
  if (pending.fresh) {
    session.ask({ kind: 'step', id, name: definition.name, definition, args: encoded });
  }
  return pending.promise;
}

function sleep(
  session: Session,
  shielded: boolean,
  until: Duration | Date,
  name: string | null,
): Promise<void> {
  let durationMs: number;
  try {
    durationMs = until instanceof Date ? until.getTime() - session.now : parseDuration(until);
    if (Number.isNaN(durationMs)) {
      throw new ValidationError('sleep()', [{ path: '', message: 'the Date is invalid' }]);
    }
  } catch (error) {
    return rejection(error);
  }
  if (durationMs <= 0) return Promise.resolve();
  const id = session.nextId('sleep', name);
  const pending = session.request('sleep', id, name, shielded);
  if (pending.fresh) {
    session.ask({
      kind: 'sleep',
      id,
      name,
      durationMs,
      resumeAt: instantAfter(session, durationMs),
    });
  }
  return pending.promise as Promise<void>;
}

function hook(
  session: Session,
  shielded: boolean,
  name: string,
  options: HookOptions,
): Hook<unknown> {
  const { timeout, schema, onCreated } = options;
  const expiresAt = timeout === undefined ? null : instantAfter(session, parseDuration(timeout));
  const id = session.nextId('hook', name);
  const pending = session.request('hook', id, name, shielded);
  const token = hookToken(session.runId, id, session.secret);
  if (pending.fresh) {
    session.ask({ kind: 'hook', id, name, token, expiresAt, schema: jsonSchemaOf(schema) });
  }
  if (onCreated !== undefined) {
    const notify = runStep(session, shielded, announceStep(name, onCreated), [token]);
    // A token that reached nobody would leave the run waiting for ever.
    notify.catch((error) => rejectQuietly(pending, error));
  }
  return Object.assign(pending.promise, { hookId: id, name, token });
}

/** Not beyond the last instant that a Date can hold. */
function instantAfter(session: Session, durationMs: number): number {
  return Math.min(session.now + durationMs, 8.64e15);
}

/** @throws ValidationError if the input does not fit the workflow's schema */
function continueAsNew(session: Session, input: unknown): Promise<never> {
  const what = `The input of workflow '${session.workflowName}' does not fit`;
  session.continueAsNew(encode(validateNow(session.input, input, what)));
  return new Promise(() => {});
}

function beginCompensation(
  session: Session,
  name: string | null,
  error: unknown,
  undos: number,
): (failed: number) => void {
  const id = session.nextId('compensation', name);
  if (session.match('compensation', id, name) === 'fresh') {
    const data = { compensation_id: id, name, error: messageOf(error), undos };
    session.ask({ kind: 'mark', type: 'compensation.started', data });
  }
  return (failed) => {
    if (session.match('end of compensation', id, null) !== 'fresh') return;
    const data = { compensation_id: id, failed };
    session.ask({ kind: 'mark', type: 'compensation.completed', data });
  };
}

function announceStep(hookName: string, onCreated: (token: string) => unknown): StepDefinition {
  return {
    name: `${hookName}.onCreated`,
    fn: async (token: string) => void (await onCreated(token)),
    maxRetries: undefined,
    retryDelay: 'exponential',
    jitter: false,
    timeoutMs: null,
    metadata: {},
    forceLocal: true,
    queue: null,
    rateLimit: null,
  };
}
