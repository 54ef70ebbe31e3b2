import { isoTime } from '../../src/core/clock.ts';
import { encode } from '../../src/core/codec.ts';
import { encodeError } from '../../src/core/error-codec.ts';
import { messageOf, PyWorkflowError } from '../../src/core/errors.ts';
import type { EventData, EventType, WorkflowEvent } from '../../src/core/event.ts';
import type { Command } from '../../src/engine/command.ts';
import { noteForeignCall } from '../../src/engine/foreign-calls.ts';
import type { Delivery } from '../../src/engine/history.ts';
import type { Outcome } from '../../src/engine/outcome.ts';
import { activate, replay } from '../../src/engine/replay.ts';
import { Session } from '../../src/engine/session.ts';
import { installDeterministicGlobals } from '../../src/workflow/deterministic-globals.ts';

installDeterministicGlobals(noteForeignCall);

export const RUN_ID = 'run_0123456789abcdef';
export const SECRET = 'feedc0defeedc0defeedc0defeedc0de';
/** 2025-01-02T03:04:05.678Z */
export const EPOCH = Date.UTC(2025, 0, 2, 3, 4, 5, 678);

// biome-ignore lint/suspicious/noExplicitAny: tests pass workflow functions of every input type
export type Body = (input: any) => unknown;

export function newSession(fn: Body, onViolation?: () => void, runId = RUN_ID): Session {
  // The test runner has put process.nextTick back since this module was loaded.
  installDeterministicGlobals(noteForeignCall);
  const options = { runId, workflowName: 'subject', fn, metadata: { team: 'blue' } };
  return new Session(onViolation === undefined ? options : { ...options, onViolation });
}

/**
 * A run without store or clock: the test decides what happens next, and its history is written as
 * the executor writes it: a delivery, then what the code asks for in answer.
 */
export class LiveRun {
  readonly events: WorkflowEvent[] = [];
  /** After each event, what the code waited for. */
  readonly waits: string[] = [];
  readonly session: Session;
  /** What the code asked for in answer to the last delivery. */
  commands: readonly Command[] = [];
  violations = 0;
  now = EPOCH;
  readonly #fn: Body;

  constructor(fn: Body) {
    this.#fn = fn;
    this.session = newSession(fn, () => this.violations++);
  }

  static async start(fn: Body, input?: unknown): Promise<LiveRun> {
    const run = new LiveRun(fn);
    await run.#deliver('workflow.started', {
      workflow_name: 'subject',
      input: encode(input),
      metadata: { team: 'blue' },
      secret: SECRET,
    });
    return run;
  }

  /** Goes on from a history, maybe of other code. */
  static async takeOver(fn: Body, events: readonly WorkflowEvent[]): Promise<LiveRun> {
    const run = new LiveRun(fn);
    run.events.push(...events);
    run.now = events.at(-1)?.timestamp ?? EPOCH;
    run.commands = await replay(run.session, copy(events));
    run.#answer();
    return run.#snapshot();
  }

  get outcome(): Outcome | null {
    return this.session.outcome;
  }

  /** Ids of what the last delivery made the code ask for. */
  get asked(): readonly string[] {
    return idsOf(this.commands);
  }

  get waiting(): readonly string[] {
    return [...this.session.pending.keys()];
  }

  complete(id: string, result?: unknown): Promise<this> {
    const step = this.session.pending.get(id)?.step;
    const data = { step_id: id, step_name: nameIn(id), result: encode(result) };
    return this.#deliver('step.completed', { ...data, attempt: step?.attempt ?? 1 });
  }

  fail(id: string, thrown: unknown): Promise<this> {
    return this.#deliver('step.failed', this.#failure(id, thrown, false));
  }

  /** The attempt failed, the next one is due later. */
  retry(id: string, thrown: unknown = new Error('try again')): this {
    const step = this.session.pending.get(id)?.step;
    if (step === undefined) throw new Error(`${id} is not pending`);
    this.#record('step.failed', this.#failure(id, thrown, true));
    this.#snapshot();
    step.attempt += 1;
    step.retryAt = this.now + 1000;
    this.#record('step.retrying', {
      step_id: id,
      attempt: step.attempt,
      retry_after: 1,
      resume_at: isoTime(step.retryAt),
      error: messageOf(thrown),
      retry_strategy: 'fixed',
      max_retries: 3,
    });
    return this.#snapshot();
  }

  /** The next attempt, or the same one again after a crash. */
  restart(id: string): this {
    const step = this.session.pending.get(id)?.step;
    if (step === undefined) throw new Error(`${id} is not pending`);
    step.retryAt = null;
    const args = this.events.find((e) => e.type === 'step.started' && e.data.step_id === id);
    const data = { step_id: id, step_name: nameIn(id), attempt: step.attempt };
    restarts.add(
      this.#record('step.started', {
        ...data,
        args: args?.type === 'step.started' ? args.data.args : [],
      }),
    );
    return this.#snapshot();
  }

  wake(id: string): Promise<this> {
    return this.#deliver('sleep.completed', { sleep_id: id });
  }

  receive(id: string, payload?: unknown): Promise<this> {
    return this.#deliver('hook.received', { hook_id: id, payload: encode(payload) });
  }

  expire(id: string): Promise<this> {
    return this.#deliver('hook.expired', { hook_id: id, expired_at: isoTime(this.now) });
  }

  cancel(reason: string | null = null): Promise<this> {
    const requested_at = isoTime(this.now);
    const data = { reason, requested_by: 'test', requested_at };
    return this.#deliver('cancellation.requested', data, () => this.#stopChildren(reason));
  }

  /** A child has ended with a result. */
  childCompletes(id: string, result?: unknown): Promise<this> {
    const data = { ...this.#child(id), result: encode(result), completed_at: isoTime(this.now) };
    return this.#deliver('child_workflow.completed', data);
  }

  childFails(id: string, thrown: unknown): Promise<this> {
    const error = encodeError(thrown);
    const ended = { error, error_type: error.name, failed_at: isoTime(this.now) };
    return this.#deliver('child_workflow.failed', { ...this.#child(id), ...ended });
  }

  childIsCancelled(id: string, reason: string | null = null): Promise<this> {
    const data = { ...this.#child(id), reason, cancelled_at: isoTime(this.now) };
    return this.#deliver('child_workflow.cancelled', data);
  }

  /** Children that have not ended. */
  get openChildren(): readonly string[] {
    return [...this.session.children.values()].flatMap(({ id, end }) => (end === null ? [id] : []));
  }

  /** The history, closed as the executor closes it if the code has ended. */
  get history(): WorkflowEvent[] {
    const sequence = this.events.length + 1;
    const ending = endingOf(this.outcome, this.now);
    if (ending === null) return copy(this.events);
    return copy([...this.events, { ...ending, sequence, timestamp: this.now } as WorkflowEvent]);
  }

  /** Time passes before the next event. */
  later(ms: number): this {
    this.now += ms;
    return this;
  }

  /** A recorded fact that is no business of the code's. */
  interrupt(): this {
    this.#record('workflow.interrupted', {
      reason: 'worker_lost',
      worker_id: 'worker_1',
      last_event_sequence: this.events.length,
      error: null,
      recovery_attempt: 1,
      recoverable: true,
    });
    return this.#snapshot();
  }

  /** Replays every prefix of the history; throws where the code asks for something else. */
  async checkReplays(fn: Body = this.#fn, from = 1): Promise<void> {
    for (let length = from; length <= this.events.length; length++)
      await this.checkPrefix(length, fn);
  }

  async checkPrefix(length: number, fn: Body = this.#fn): Promise<void> {
    const session = newSession(fn);
    const commands = await replay(session, copy(this.events.slice(0, length)));
    const rest: WorkflowEvent[] = [];
    let end = length;
    for (const event of this.events.slice(length)) {
      if (isAnswer(event)) rest.push(event);
      else if (event.type !== 'child_workflow.cancel_requested') break;
      end++;
    }
    const isEnd = this.events.slice(end).every((event) => !isDelivery(event));
    const got = {
      asked: answersTo(commands, session.now),
      waits: waitsOf(session),
      outcome: comparable(session.outcome),
      stopping: length === this.events.length ? stoppingOf(session) : [],
    };
    const expected = {
      asked: copy(rest).map(({ type, data }) => ({ type, data })),
      waits: this.waits[end - 1],
      outcome: comparable(isEnd ? this.outcome : null),
      stopping: length === this.events.length ? stoppingOf(this.session) : [],
    };
    if (JSON.stringify(got) !== JSON.stringify(expected)) {
      const show = (value: unknown) => JSON.stringify(value, null, 1);
      throw new Error(`the first ${length} events: expected ${show(expected)}, got ${show(got)}`);
    }
  }

  async #deliver<T extends Delivery['type']>(
    type: T,
    data: EventData[T],
    then = () => {},
  ): Promise<this> {
    const event = this.#record(type, data);
    then();
    this.commands = await activate(this.session, copy(event) as Delivery);
    this.#answer();
    return this.#snapshot();
  }

  #answer(): void {
    for (const { type, data } of answersTo(this.commands, this.session.now)) {
      this.#record(type, data as EventData[typeof type]);
    }
  }

  /** As the executor does it: before the code is told. */
  #stopChildren(reason: string | null): void {
    for (const child of this.session.children.values()) {
      if (child.end !== null || child.cancelRequested) continue;
      if (child.shielded || child.policy === 'abandon') continue;
      child.cancelRequested = true;
      const names = { child_id: child.id, child_run_id: child.runId, reason };
      const requested_at = isoTime(this.now);
      const data = { ...names, requested_by: 'parent_cancelled', requested_at } as const;
      this.#record('child_workflow.cancel_requested', data);
    }
  }

  #child(id: string): { child_id: string; child_run_id: string } {
    const child = this.session.children.get(id);
    if (child === undefined || child.end !== null) throw new Error(`${id} does not run`);
    return { child_id: id, child_run_id: child.runId };
  }

  #failure(id: string, thrown: unknown, is_retryable: boolean): EventData['step.failed'] {
    const error = encodeError(thrown);
    const attempt = this.session.pending.get(id)?.step?.attempt ?? 1;
    const names = { step_id: id, step_name: nameIn(id) };
    return { ...names, error, error_type: error.name, is_retryable, attempt };
  }

  #record<T extends EventType>(type: T, data: EventData[T]): WorkflowEvent {
    const event = { type, timestamp: this.now, sequence: this.events.length + 1, data };
    const stored = copy(event) as WorkflowEvent;
    this.events.push(stored);
    return stored;
  }

  #snapshot(): this {
    while (this.waits.length < this.events.length) this.waits.push(waitsOf(this.session));
    return this;
  }
}

/** As it comes back from a store: decoding may take parts of it over. */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

export function idsOf(commands: readonly Command[]): string[] {
  return commands.flatMap((command) => ('id' in command ? [command.id] : []));
}

/** The events that record commands, as they come back from a store. */
export function answersTo(
  commands: readonly Command[],
  now: number,
): { type: EventType; data: unknown }[] {
  return commands.flatMap((command) => copy(eventOf(command, now) ?? []));
}

function eventOf(command: Command, now: number): { type: EventType; data: unknown } | null {
  switch (command.kind) {
    case 'step': {
      const data = { step_id: command.id, step_name: command.name, args: command.args, attempt: 1 };
      return { type: 'step.started', data };
    }
    case 'sleep': {
      const duration_seconds = command.durationMs / 1000;
      const resume_at = isoTime(command.resumeAt);
      const data = { sleep_id: command.id, duration_seconds, resume_at, name: command.name };
      return { type: 'sleep.started', data };
    }
    case 'hook': {
      const { id: hook_id, name, token, expiresAt } = command;
      const expires_at = expiresAt === null ? null : isoTime(expiresAt);
      return { type: 'hook.created', data: { hook_id, name, token, url: '', expires_at } };
    }
    case 'child': {
      const data: EventData['child_workflow.started'] = {
        child_id: command.id,
        child_run_id: command.runId,
        child_workflow_name: command.definition.name,
        input: command.input,
        wait_for_completion: command.waitForCompletion,
        parent_close_policy: command.parentClosePolicy,
        started_at: isoTime(now),
      };
      return { type: 'child_workflow.started', data };
    }
    case 'cancelChild': {
      const data: EventData['child_workflow.cancel_requested'] = {
        child_id: command.id,
        child_run_id: command.runId,
        reason: command.reason,
        requested_by: 'workflow',
        requested_at: isoTime(now),
      };
      return { type: 'child_workflow.cancel_requested', data };
    }
    case 'mark':
      return { type: command.type, data: command.data };
    case 'log':
      return { type: 'log.recorded', data: command.data };
    case 'progress':
      return null;
  }
}

/** How the executor closes a history. */
function endingOf(
  outcome: Outcome | null,
  now: number,
): { type: EventType; data: EventData[EventType] } | null {
  switch (outcome?.kind) {
    case 'completed': {
      const data = { workflow_name: 'subject', result: outcome.result };
      return { type: 'workflow.completed', data };
    }
    case 'failed': {
      const error = encodeError(outcome.error);
      return { type: 'workflow.failed', data: { error, error_type: error.name } };
    }
    case 'cancelled': {
      const { reason } = outcome;
      const data = { reason, cleanup_completed: true, cancelled_at: isoTime(now) };
      return { type: 'workflow.cancelled', data };
    }
    case 'continued': {
      const facts = { new_run_id: 'run_2', input: outcome.input, reason: null };
      return {
        type: 'workflow.continued_as_new',
        data: { ...facts, continued_at: isoTime(now) },
      };
    }
    default:
      return null;
  }
}

/** What code asked for and replays compare. */
export function isRequest(event: WorkflowEvent): boolean {
  switch (event.type) {
    case 'sleep.started':
    case 'hook.created':
    case 'child_workflow.started':
    case 'patch.applied':
    case 'compensation.started':
    case 'compensation.completed':
      return true;
    case 'child_workflow.cancel_requested':
      return event.data.requested_by === 'workflow';
    case 'step.started':
      return !restarts.has(event);
    default:
      return false;
  }
}

/** What code wrote in answer to a delivery. */
export function isAnswer(event: WorkflowEvent): boolean {
  return isRequest(event) || event.type === 'log.recorded';
}

/** Further attempts, recorded as the first one is. */
const restarts = new WeakSet<WorkflowEvent>();

export function isDelivery(event: WorkflowEvent): boolean {
  switch (event.type) {
    case 'workflow.started':
    case 'step.completed':
    case 'sleep.completed':
    case 'hook.received':
    case 'hook.expired':
    case 'cancellation.requested':
    case 'child_workflow.completed':
    case 'child_workflow.failed':
    case 'child_workflow.cancelled':
      return true;
    case 'step.failed':
      return !event.data.is_retryable;
    default:
      return false;
  }
}

function waitsOf(session: Session): string {
  const pending = [...session.pending.values()].map(({ id, kind, name, shielded, step }) =>
    [kind, id, name, shielded, step?.attempt, step?.retryAt].join(' '),
  );
  const children = [...session.children.values()].map(
    ({ id, runId, policy, shielded, end, waits }) => {
      const waiting = [...waits].map((wait) => wait.shielded);
      return [id, runId, policy, shielded, end?.type, ...waiting].join(' ');
    },
  );
  return [...pending, ...children].join('\n');
}

/** Children that were asked to stop. */
function stoppingOf(session: Session): string[] {
  return [...session.children.values()].flatMap((child) => (child.cancelRequested ? child.id : []));
}

/** An outcome without what differs from run to run: stacks. */
export function comparable(outcome: Outcome | null): unknown {
  if (outcome?.kind !== 'failed') return outcome;
  return { kind: 'failed', error: describeError(outcome.error) };
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const errors = error instanceof AggregateError ? error.errors.map(describeError) : undefined;
  const code = PyWorkflowError.is(error) ? error.code : undefined;
  return { name: error.name, message: error.message, code, errors };
}

function nameIn(id: string): string {
  return id.slice(id.indexOf('_') + 1, id.lastIndexOf('_'));
}
