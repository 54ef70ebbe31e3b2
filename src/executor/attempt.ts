import type { Clock } from '../core/clock.ts';
import { decode, encode } from '../core/codec.ts';
import { CancellationError, StepTimeoutError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
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

/** Told once how an attempt ended. */
export interface AttemptListener {
  onAttemptEnd(stepId: string, end: AttemptEnd): void;
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
  #controller: AbortController | undefined;
  #abortReason: unknown;
  #over = false;
  #callOff: (() => void) | undefined;

  constructor(request: AttemptRequest, listener: AttemptListener) {
    this.#request = request;
    this.#listener = listener;
  }

  start(clock: Clock): void {
    const { definition } = this.#request;
    if (definition.timeoutMs !== null) {
      const error = new StepTimeoutError(definition.name, definition.timeoutMs);
      this.#callOff = clock.after(definition.timeoutMs, () => {
        this.#abort(error);
        this.#end({ ok: false, error });
      });
    }
    runInContext(this, () => call(definition, this.#request.args)).then(
      (value) => this.#end(encoded(value)),
      (error) => this.#end({ ok: false, error }),
    );
  }

  /** Fires the step's signal and forgets the attempt. */
  abandon(reason: unknown): void {
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

  #abort(reason: unknown): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  #end(end: AttemptEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#callOff?.();
    this.#listener.onAttemptEnd(this.#request.stepId, end);
  }
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
