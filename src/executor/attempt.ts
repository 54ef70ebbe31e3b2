import type { Clock } from '../core/clock.ts';
import { decode, encode } from '../core/codec.ts';
import { CancellationError, ClosedError, StepTimeoutError } from '../core/errors.ts';
import type { EventData } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import { loggable } from '../core/loggable.ts';
import type { AttemptOutcome, Observer } from '../observability/observer.ts';
import { runInContext, type StepContext } from '../workflow/context.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';

export interface AttemptRequest {
  readonly runId: string;
  readonly workflowName: string;
  readonly metadata: { readonly [key: string]: Json };
  readonly stepId: string;
  readonly attempt: number;
  readonly definition: StepDefinition;
  /** Encoded; the attempt takes it over. */
  readonly args: Json;
}

export type AttemptEnd =
  | { readonly ok: true; readonly result: Json }
  | { readonly ok: false; readonly error: unknown };

/** Told what a step reports meanwhile, and once how its attempt ended. */
export interface AttemptListener {
  onAttemptEnd(stepId: string, end: AttemptEnd): void;
  onProgress(progress: { done: number; total: number | null; note: string | null }): void;
  onLog(data: EventData['log.recorded']): void;
}

/**
 * One run of a step's function, and the context its code sees. The listener is told exactly once:
 * its result, its error, or a StepTimeoutError after the step's timeout, whatever the function
 * does afterwards; nothing after `abandon`.
 */
export class Attempt implements StepContext {
  readonly kind = 'step';
  readonly #request: AttemptRequest;
  readonly #listener: AttemptListener;
  #observer: Observer | undefined;
  #controller: AbortController | undefined;
  #abortReason: unknown;
  #over = false;
  #callOff: (() => void) | undefined;

  constructor(request: AttemptRequest, listener: AttemptListener) {
    this.#request = request;
    this.#listener = listener;
  }

  start(clock: Clock, observer: Observer | undefined): void {
    const { definition } = this.#request;
    this.#observer = observer;
    if (definition.timeoutMs !== null) {
      const error = new StepTimeoutError(definition.name, definition.timeoutMs);
      this.#callOff = clock.after(definition.timeoutMs, () => {
        this.#abort(error);
        this.#end({ ok: false, error });
      });
    }
    const running =
      observer === undefined ? this.#run() : observer.runAttempt(this, () => this.#run());
    // Not in what the observer made active: that is for the step's own code.
    running.then(
      (value) => this.#end(encoded(value)),
      (error) => this.#end({ ok: false, error }),
    );
  }

  /** Fires the step's signal and forgets the attempt. */
  abandon(reason: unknown): void {
    if (!this.#over) this.#observer?.attemptEnded(this, outcomeOf(reason), reason);
    this.#over = true;
    this.#callOff?.();
    this.#abort(reason);
  }

  get runId(): string {
    return this.#request.runId;
  }
  get workflowName(): string {
    return this.#request.workflowName;
  }
  get metadata(): StepContext['metadata'] {
    return this.#request.metadata;
  }
  get stepId(): string {
    return this.#request.stepId;
  }
  get stepName(): string {
    return this.#request.definition.name;
  }
  get attempt(): number {
    return this.#request.attempt;
  }
  get idempotencyKey(): string {
    return `${this.#request.runId}:${this.#request.stepId}`;
  }

  /** Made on demand: few steps look, and a controller costs more than the rest of an attempt. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  checkCancellation(): void {
    if (CancellationError.is(this.#abortReason, 'CANCELLED')) throw this.#abortReason;
  }

  reportProgress(done: number, total: number | null, note: string | null): void {
    if (!this.#over) this.#listener.onProgress({ done, total, note });
  }

  recordLog(level: string, message: string, fields: { readonly [key: string]: unknown }): void {
    if (this.#over) return;
    this.#listener.onLog({ level, message, fields: loggable(fields), step_id: this.stepId });
  }

  #run(): Promise<unknown> {
    const { definition, args } = this.#request;
    return runInContext(this, () => call(definition, args));
  }

  #abort(reason: unknown): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  #end(end: AttemptEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#callOff?.();
    if (end.ok) this.#observer?.attemptEnded(this, 'completed', undefined);
    else this.#observer?.attemptEnded(this, outcomeOf(end.error), end.error);
    this.#listener.onAttemptEnd(this.#request.stepId, end);
  }
}

function outcomeOf(error: unknown): AttemptOutcome {
  if (CancellationError.is(error, 'CANCELLED')) return 'cancelled';
  if (ClosedError.is(error, 'CLOSED')) return 'abandoned';
  return StepTimeoutError.is(error, 'STEP_TIMEOUT') ? 'timed_out' : 'failed';
}

async function call(definition: StepDefinition, args: Json): Promise<unknown> {
  return definition.fn(...(decode(args) as never[]));
}

function encoded(value: unknown): AttemptEnd {
  try {
    return { ok: true, result: encode(value) };
  } catch (error) {
    return { ok: false, error };
  }
}
