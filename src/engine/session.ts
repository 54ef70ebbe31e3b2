import { decode, encode } from '../core/codec.ts';
import { decodeError } from '../core/error-codec.ts';
import {
  CancellationError,
  ChildWorkflowFailedError,
  HookExpiredError,
  messageOf,
  StepFailedError,
} from '../core/errors.ts';
import type { DrawsFrom, EventData } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import { runInContext, type WorkflowContext } from '../workflow/context.ts';
import type { Schema } from '../workflow/schema.ts';
import { type Child, cancelWaits, endChild } from './children.ts';
import type { Command } from './command.ts';
import { ForeignTrace } from './foreign-trace.ts';
import {
  type Delivery,
  describe,
  describeDelivery,
  isEnding,
  type Note,
  requestOf,
} from './history.ts';
import { describeEnd, type Outcome } from './outcome.ts';
import { createPending, type Pending, rejectQuietly } from './pending.ts';
import { NO_ANSWERS } from './recorded-answers.ts';
import { createReplayContext } from './replay-context.ts';
import { callerSource } from './source-line.ts';

export interface SessionOptions {
  readonly runId: string;
  readonly workflowName: string;
  readonly fn: (input: never) => unknown;
  /** What the input of a run that this one continues as is checked against. */
  readonly input?: Schema | undefined;
  readonly metadata: { readonly [key: string]: Json };
  /** 0 for a root run. */
  readonly nestingDepth?: number;
  /** How deep children may go. */
  readonly maxNestingDepth?: number;
  readonly parentRunId?: string | null;
  /** The occurrence of its schedule, milliseconds since the epoch. */
  readonly scheduledAt?: number | null;
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
  readonly input: Schema | undefined;
  readonly metadata: { readonly [key: string]: Json };
  readonly nestingDepth: number;
  readonly maxNestingDepth: number;
  readonly parentRunId: string | null;
  readonly scheduledAt: number | null;
  /** What the code awaits, by id, in the order of the requests; but for the ends of children. */
  readonly pending = new Map<string, Pending>();
  /** By id, the ended ones included. */
  readonly children = new Map<string, Child>();
  outcome: Outcome | null = null;
  /** Logical time: that of the last delivered event, milliseconds since the epoch. */
  now = 0;
  /** Of the last delivered event. */
  position = 0;
  secret = '';
  drawsFrom: readonly DrawsFrom[] = [];
  cancelled: { readonly reason: string | null } | null = null;
  /** While it is, until the code asks for something new, it does what it has done before. */
  isReplaying = false;
  /** To the current delivery. */
  recorded = NO_ANSWERS;
  /** What `patched` has answered: it never changes its mind. */
  readonly patches = new Map<string, boolean>();
  /** False once the code has called something that goes on by ticks, timers or I/O. */
  onlyPrimitives = true;

  readonly #fn: SessionOptions['fn'];
  readonly #onViolation: (() => void) | undefined;
  readonly #context: WorkflowContext & { abort(reason: unknown): void };
  readonly #occurrences = new Map<string, number>();
  #commands: Command[] = [];
  /** True while user code may run because of an event. */
  #active = false;
  readonly #foreign = new ForeignTrace();

  constructor(options: SessionOptions) {
    this.runId = options.runId;
    this.workflowName = options.workflowName;
    this.input = options.input;
    this.metadata = options.metadata;
    this.nestingDepth = options.nestingDepth ?? 0;
    this.maxNestingDepth = options.maxNestingDepth ?? Number.POSITIVE_INFINITY;
    this.parentRunId = options.parentRunId ?? null;
    this.scheduledAt = options.scheduledAt ?? null;
    this.#fn = options.fn;
    this.#onViolation = options.onViolation;
    this.#context = createReplayContext(this);
  }

  /** Gives the code one event. Follow with `quiesce` before anything else. */
  deliver(event: Delivery): void {
    this.#active = true;
    this.now = event.timestamp;
    this.position = event.sequence;
    try {
      this.#deliver(event);
    } catch (error) {
      this.parkUnreadable(event, error);
    }
  }

  /** Its class may be unknown to this deployment: parked, the run can go on under another. */
  parkUnreadable(event: Delivery, error: unknown): void {
    const what = `the data of ${describeDelivery(event)}, which cannot be read: ${messageOf(error)}`;
    this.outcome ??= { kind: 'stuck', awaiting: [what] };
  }

  #deliver(event: Delivery): void {
    switch (event.type) {
      case 'workflow.started':
        this.secret = event.data.secret ?? '';
        this.drawsFrom = event.data.draws_from ?? [];
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
      case 'child_workflow.completed':
      case 'child_workflow.failed':
      case 'child_workflow.cancelled': {
        const child = this.children.get(event.data.child_id);
        if (child !== undefined && child.end === null) endChild(child, event);
      }
    }
  }

  note(note: Note): void {
    if (note.type === 'child_workflow.cancel_requested') {
      const child = this.children.get(note.data.child_id);
      if (child !== undefined) child.cancelRequested = true;
      return;
    }
    const step = this.pending.get(note.data.step_id)?.step;
    if (step === undefined) return;
    step.attempt = note.data.attempt;
    step.retryAt = note.type === 'step.started' ? null : Date.parse(note.data.resume_at);
    step.reserved = note.type === 'step.delayed';
  }

  /** What the code has asked for since the last call, in its order. Ends the activation. */
  takeCommands(): readonly Command[] {
    this.#active = false;
    const missing = this.recorded.expected;
    const { kind } = this.outcome ?? {};
    if (missing !== undefined && kind !== 'diverged' && kind !== 'stuck') {
      this.#diverge(
        missing.sequence,
        describe(requestOf(missing)),
        describeEnd(this.outcome),
        null,
      );
    }
    if (this.outcome === null && this.pending.size === 0 && !this.#awaitsChild()) {
      this.outcome = { kind: 'stuck', awaiting: this.#foreign.take() };
    }
    // Code that does not fit its history has no say.
    const commands = this.outcome?.kind === 'diverged' ? NONE : this.#commands;
    this.#commands = NONE;
    return commands;
  }

  /**
   * Registers a request of the code and gives what it awaits. If that is `fresh`, follow with `ask`.
   * A request that the history does not hold ends the session and never settles.
   * @param id as `nextId` gave it
   */
  request(
    kind: Exclude<Pending['kind'], 'child'>,
    id: string,
    name: string | null,
    shielded: boolean,
  ): Pending {
    const pending = createPending(kind, id, name, shielded);
    const found = this.match(kind, id, name);
    if (found === null) return pending;
    pending.fresh = found === 'fresh';
    this.pending.set(id, pending);
    return pending;
  }

  /**
   * Compares a request of the code with the history: `recorded` there, or `fresh`, to be followed by
   * `ask`. Null if it does not fit, or the session has ended before: then nothing comes of it.
   */
  match(kind: string, id: string, name: string | null): 'recorded' | 'fresh' | null {
    if (this.outcome !== null) return null;
    if (!this.#active) {
      const what = describe({ kind, id, name });
      this.#violate(`${what} after something that is no pyworkflow primitive`);
      return null;
    }
    const { expected: recorded, next } = this.recorded;
    if (recorded !== undefined) {
      const was = requestOf(recorded);
      if (was.kind !== kind || was.id !== id || was.name !== name) {
        const asked = describe({ kind, id, name });
        this.#diverge(recorded.sequence, describe(was), asked, callerSource());
        return null;
      }
      this.recorded.repeat();
      return 'recorded';
    }
    if (next !== null) {
      this.#diverge(
        next.sequence,
        describeDelivery(next),
        describe({ kind, id, name }),
        callerSource(),
      );
      return null;
    }
    this.isReplaying = false;
    return 'fresh';
  }

  /** Goes on as a new run: this one ends here, whatever its code does afterwards. */
  continueAsNew(input: Json): void {
    this.#end(() => ({ kind: 'continued', input }));
  }

  /** Puts a line into the history, unless it is there already. */
  log(data: EventData['log.recorded']): void {
    if (this.outcome !== null || !this.#active || this.recorded.holdsLog()) return;
    this.ask({ kind: 'log', data });
  }

  ask(command: Command): void {
    if (this.#commands === NONE) this.#commands = [];
    this.#commands.push(command);
  }

  /**
   * Counts a call and names it. No two calls of a run get the same id, whatever their names: no kind
   * holds a `_`, so the kind ends at the first one, and the occurrence begins after the last.
   */
  nextId(kind: string, name: string | null): string {
    const named = name === null ? kind : `${kind}_${name}`;
    const occurrence = (this.#occurrences.get(named) ?? 0) + 1;
    this.#occurrences.set(named, occurrence);
    return `${named}_${occurrence}`;
  }

  #awaitsChild(): boolean {
    for (const child of this.children.values()) if (child.waits.size > 0) return true;
    return false;
  }

  /** Named if the run turns out to be stuck. */
  noteForeignCall(name: string): void {
    this.onlyPrimitives = false;
    this.#foreign.note(name);
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
    const { expected, next } = this.recorded;
    if (next === null || expected !== undefined || isEnding(next)) return;
    this.#diverge(next.sequence, describeDelivery(next), describeEnd(this.outcome), null);
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
    for (const child of this.children.values()) cancelWaits(child, error);
  }

  #diverge(sequence: number, recorded: string, requested: string, source: string | null): void {
    this.outcome = { kind: 'diverged', divergence: { sequence, recorded, requested, source } };
  }

  #violate(what: string): void {
    const source = callerSource();
    const awaiting = this.#foreign.take();
    if (awaiting.length === 0) awaiting.push(source === null ? what : `${what} at ${source}`);
    this.outcome = { kind: 'stuck', awaiting };
    // The listener is not the workflow's code.
    runInContext(undefined, () => this.#onViolation?.());
  }
}

const NONE: Command[] = [];
const UNDEFINED: Json = encode(undefined);

/** `Promise.any` wraps what its branches were told; a child that was stopped along says so itself. */
function isCancellation(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isCancellation);
  if (error instanceof ChildWorkflowFailedError && error.status === 'cancelled') return true;
  return CancellationError.is(error, 'CANCELLED');
}
