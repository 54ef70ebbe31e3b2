import { decode, encode } from '../core/codec.ts';
import { decodeError } from '../core/error-codec.ts';
import { CancellationError, HookExpiredError, messageOf, StepFailedError } from '../core/errors.ts';
import type { EventOf } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import type { Command } from './command.ts';
import {
  type Delivery,
  describe,
  describeDelivery,
  type Note,
  type Request,
  requestOf,
} from './history.ts';
import type { Outcome } from './outcome.ts';
import { createPending, type Pending, rejectQuietly } from './pending.ts';
import { createReplayContext } from './replay-context.ts';
import { callerSource } from './source-line.ts';

export interface SessionOptions {
  readonly runId: string;
  readonly workflowName: string;
  readonly fn: (input: never) => unknown;
  readonly metadata: { readonly [key: string]: Json };
  /** The code called a primitive at a moment when no event had been delivered to it. */
  readonly onViolation?: () => void;
}

/**
 * One run's code, alive. It is fed recorded events with `deliver`, and after the code has come to
 * rest (`quiesce`) `takeCommands` says what it asks for and `outcome` whether it has ended.
 *
 * Invariant: no I/O, no clock, no randomness: the same events give the same commands.
 */
export class Session {
  readonly runId: string;
  readonly workflowName: string;
  readonly metadata: { readonly [key: string]: Json };
  /** What the code awaits, by id, in the order of the requests. */
  readonly pending = new Map<string, Pending>();
  outcome: Outcome | null = null;
  /** Logical time: that of the last delivered event, milliseconds since the epoch. */
  now = 0;
  secret = '';
  cancelled: { readonly reason: string | null } | null = null;
  /** While it is, until the code asks for something new, it does what it has done before. */
  isReplaying = false;
  /** False once the code has called something that goes on by ticks, timers or I/O. */
  onlyPrimitives = true;

  readonly #fn: SessionOptions['fn'];
  readonly #onViolation: (() => void) | undefined;
  readonly #context: WorkflowContext & { abort(reason: unknown): void };
  readonly #occurrences: Record<Pending['kind'], Map<string | null, number>> = {
    step: new Map(),
    sleep: new Map(),
    hook: new Map(),
  };
  #commands: Command[] = [];
  /** True while user code may run because of an event. */
  #active = false;
  /** The recorded answers to the current delivery, and how many of them the code has repeated. */
  #recorded: readonly Request[] = [];
  #repeated = 0;
  /** What is delivered after those answers, or null where the history ends: there the code may go on. */
  #recordedNext: Delivery | null = null;
  readonly #foreignCalls: string[] = [];
  #foreignCallCount = 0;

  constructor(options: SessionOptions) {
    this.runId = options.runId;
    this.workflowName = options.workflowName;
    this.metadata = options.metadata;
    this.#fn = options.fn;
    this.#onViolation = options.onViolation;
    this.#context = createReplayContext(this);
  }

  /** Gives the code one event. Follow with `quiesce` before anything else. */
  deliver(event: Delivery): void {
    this.#active = true;
    this.now = event.timestamp;
    try {
      this.#deliver(event);
    } catch (error) {
      // Its class may be unknown to this deployment: parked, the run can go on under another.
      const what = `the data of ${describeDelivery(event)}, which cannot be read: ${messageOf(error)}`;
      this.outcome = { kind: 'stuck', awaiting: [what] };
    }
  }

  #deliver(event: Delivery): void {
    switch (event.type) {
      case 'workflow.started':
        this.secret = event.data.secret ?? '';
        return this.#begin(event.data.input);
      case 'step.completed':
        return this.#resolve(event.data.step_id, event.data.result);
      case 'step.failed': {
        const { step_id, step_name, attempt, error } = event.data;
        return this.#reject(
          step_id,
          new StepFailedError(step_name, step_id, attempt, decodeError(error)),
        );
      }
      case 'sleep.completed':
        return this.#resolve(event.data.sleep_id, UNDEFINED);
      case 'hook.received':
        return this.#resolve(event.data.hook_id, event.data.payload);
      case 'hook.expired':
        return this.#reject(event.data.hook_id, new HookExpiredError(event.data.hook_id));
      case 'cancellation.requested':
        return this.#cancel(event.data.reason);
    }
  }

  /**
   * Announces what the history holds in answer to the next delivery.
   * @param next the delivery after it, null if the history ends before.
   */
  expect(recorded: readonly Request[], next: Delivery | null): void {
    this.#recorded = recorded;
    this.#repeated = 0;
    this.#recordedNext = next;
  }

  note(note: Note): void {
    const step = this.pending.get(note.data.step_id)?.step;
    if (step === undefined) return;
    step.attempt = note.data.attempt;
    step.retryAt = note.type === 'step.retrying' ? Date.parse(note.data.resume_at) : null;
  }

  /** What the code has asked for since the last call, in its order. Ends the activation. */
  takeCommands(): readonly Command[] {
    this.#active = false;
    const missing = this.#recorded[this.#repeated];
    const { kind } = this.outcome ?? {};
    if (missing !== undefined && kind !== 'diverged' && kind !== 'stuck') {
      this.#diverge(
        missing.sequence,
        describe(requestOf(missing)),
        describeEnd(this.outcome),
        null,
      );
    }
    if (this.outcome === null && this.pending.size === 0) {
      this.outcome = { kind: 'stuck', awaiting: this.#foreignCalls.splice(0) };
    }
    const commands = this.#commands;
    this.#commands = NONE;
    return commands;
  }

  /**
   * Registers a request of the code and gives what it awaits. If that is `fresh`, follow with `ask`.
   * A request that the history does not hold ends the session and never settles.
   * @param id as `nextId` gave it
   */
  request(kind: Pending['kind'], id: string, name: string | null, shielded: boolean): Pending {
    const pending = createPending(kind, id, name, shielded);
    if (this.outcome !== null) return pending;
    if (!this.#active) {
      this.#violate(`${describe(pending)} after something that is no pyworkflow primitive`);
      return pending;
    }
    const recorded = this.#recorded[this.#repeated];
    if (recorded !== undefined) {
      const was = requestOf(recorded);
      if (was.kind !== kind || was.id !== pending.id || was.name !== name) {
        this.#diverge(recorded.sequence, describe(was), describe(pending), callerSource());
        return pending;
      }
      this.#repeated++;
    } else if (this.#recordedNext !== null) {
      this.#divergeFromNext(this.#recordedNext, describe(pending), callerSource());
      return pending;
    } else {
      pending.fresh = true;
      this.isReplaying = false;
    }
    this.pending.set(pending.id, pending);
    return pending;
  }

  ask(command: Command): void {
    if (this.#commands === NONE) this.#commands = [];
    this.#commands.push(command);
  }

  /**
   * Counts a call and names it. No two calls of a run get the same id, whatever their names: no kind
   * holds a `_`, so the kind ends at the first one, and the occurrence begins after the last.
   */
  nextId(kind: Pending['kind'], name: string | null): string {
    const occurrences = this.#occurrences[kind];
    const occurrence = (occurrences.get(name) ?? 0) + 1;
    occurrences.set(name, occurrence);
    return name === null ? `${kind}_${occurrence}` : `${kind}_${name}_${occurrence}`;
  }

  /** What the history holds of the step that the code is about to ask for. */
  recordedStep(id: string): EventOf<'step.started'> | null {
    const recorded = this.#recorded[this.#repeated];
    return recorded?.type === 'step.started' && recorded.data.step_id === id ? recorded : null;
  }

  /** Named if the run turns out to be stuck. */
  noteForeignCall(name: string): void {
    this.onlyPrimitives = false;
    if (this.#foreignCalls.length >= 10 || this.#foreignCallCount++ >= 100) return;
    const source = callerSource();
    // What a call does in its turn is not the code's.
    if (source === null && this.#foreignCalls.length > 0) return;
    const call = source === null ? name : `${name} at ${source}`;
    if (!this.#foreignCalls.includes(call)) this.#foreignCalls.push(call);
  }

  #begin(input: Json): void {
    const decoded = decode(input) as never;
    runInContext(this.#context, () => {
      new Promise((resolve) => resolve(this.#fn(decoded))).then(
        (value) => this.#end(() => ({ kind: 'completed', result: encode(value) })),
        (error) => this.#end(() => this.#endOf(error)),
      );
    });
  }

  #end(outcome: () => Outcome): void {
    if (this.outcome !== null) return;
    if (!this.#active)
      return this.#violate(
        'the end of the workflow after something that is no pyworkflow primitive',
      );
    try {
      this.outcome = outcome();
    } catch (error) {
      this.outcome = { kind: 'failed', error };
    }
    if (this.#recordedNext !== null && this.#recorded[this.#repeated] === undefined) {
      this.#divergeFromNext(this.#recordedNext, describeEnd(this.outcome), null);
    }
  }

  #endOf(error: unknown): Outcome {
    if (this.cancelled !== null && isCancellation(error)) {
      return { kind: 'cancelled', reason: this.cancelled.reason };
    }
    return { kind: 'failed', error };
  }

  #resolve(id: string, value: Json): void {
    const pending = this.pending.get(id);
    const decoded = decode(value);
    this.pending.delete(id);
    pending?.resolve(decoded);
  }

  #reject(id: string, error: Error): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (pending !== undefined) rejectQuietly(pending, error);
  }

  #cancel(reason: string | null): void {
    if (this.cancelled !== null) return;
    this.cancelled = { reason };
    const error = new CancellationError(reason);
    // Listeners are the workflow's code.
    runInContext(this.#context, () => this.#context.abort(error));
    for (const pending of this.pending.values()) {
      if (pending.shielded) continue;
      this.pending.delete(pending.id);
      rejectQuietly(pending, error);
    }
  }

  #diverge(sequence: number, recorded: string, requested: string, source: string | null): void {
    this.outcome = { kind: 'diverged', divergence: { sequence, recorded, requested, source } };
  }

  #divergeFromNext(next: Delivery, requested: string, source: string | null): void {
    this.#diverge(next.sequence, describeDelivery(next), requested, source);
  }

  #violate(what: string): void {
    const source = callerSource();
    const awaiting = this.#foreignCalls.splice(0);
    if (awaiting.length === 0) awaiting.push(source === null ? what : `${what} at ${source}`);
    this.outcome = { kind: 'stuck', awaiting };
    // The listener is not the workflow's code.
    runInContext(undefined, () => this.#onViolation?.());
  }
}

const NONE: Command[] = [];
const UNDEFINED: Json = encode(undefined);

/** `Promise.any` wraps what its branches were told. */
function isCancellation(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isCancellation);
  return CancellationError.is(error, 'CANCELLED');
}

function describeEnd(outcome: Outcome | null): string {
  if (outcome === null) return 'nothing';
  return `the end of the workflow (${outcome.kind})`;
}
