import { encode } from '../core/codec.ts';
import { type Duration, parseDuration } from '../core/duration.ts';
import { CancellationError, ValidationError } from '../core/errors.ts';
import { hookToken, runUuid } from '../core/id.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import type { Hook, HookOptions } from '../workflow/hook-types.ts';
import { jsonSchemaOf } from '../workflow/schema.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';
import { onForeignCall } from './foreign-calls.ts';
import { rejectQuietly } from './pending.ts';
import { seededRandom } from './random.ts';
import type { Session } from './session.ts';

type AbortableContext = WorkflowContext & { abort(reason: unknown): void };

/** The primitives over a session. One context a session, and one more for each shielded scope. */
export function createReplayContext(session: Session): AbortableContext {
  const random = seededRandom(session.runId);
  let uuids = 0;
  let controller: AbortController | undefined;
  const shared = {
    random,
    randomUUID: () => runUuid(session.runId, ++uuids, session.secret),
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

interface SharedParts {
  random(): number;
  randomUUID(): string;
  signal(): AbortSignal;
}

function contextOf(session: Session, shielded: boolean, shared: SharedParts): WorkflowContext {
  const refused = () => {
    if (session.cancelled === null || shielded) return null;
    return rejection(new CancellationError(session.cancelled.reason));
  };

  const context: WorkflowContext = {
    kind: 'workflow',
    runId: session.runId,
    workflowName: session.workflowName,
    metadata: session.metadata,
    get isReplaying() {
      return session.isReplaying;
    },
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
    checkCancellation() {
      if (session.cancelled && !shielded) throw new CancellationError(session.cancelled.reason);
    },
    now: () => session.now,
    random: shared.random,
    randomUUID: shared.randomUUID,
  };
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
  const recorded = session.recordedStep(id);
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
  pending.step = { definition, args: encoded, attempt, retryAt: null, running: null };
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

/** Like a pending wait that is rejected, it does not end the process if nobody awaits it yet. */
function rejection(error: unknown): Promise<never> {
  const rejected = Promise.reject(error);
  rejected.catch(() => {});
  return rejected;
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
  };
}
