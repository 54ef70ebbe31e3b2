import type { Json } from '../core/json.ts';
import type { StepDefinition } from '../workflow/step-definition.ts';

/** Something the code awaits, until its event is delivered. */
export interface Pending {
  /** The history does not hold it: the code asks for it now. */
  fresh: boolean;
  readonly kind: 'step' | 'sleep' | 'hook' | 'child';
  readonly id: string;
  readonly name: string | null;
  /** Cancellation does not reach it. */
  readonly shielded: boolean;
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Steps only. */
  step?: PendingStep;
}

export interface PendingStep {
  readonly definition: StepDefinition;
  /** Taken by the first attempt of this process; a later one reads them from the history. */
  args: Json | undefined;
  /** The attempt that runs, or the next one while `retryAt` is set. */
  attempt: number;
  /** When the next attempt is due, milliseconds since the epoch; null while one runs. */
  retryAt: number | null;
  /** It has its place under the step's rate limit. */
  reserved: boolean;
  /** The attempt that runs in this process, if one does. */
  running: { abandon(reason: unknown): void } | null;
}

export function createPending(
  kind: Pending['kind'],
  id: string,
  name: string | null,
  shielded: boolean,
): Pending {
  let resolve: (value: unknown) => void = nothing;
  let reject = resolve;
  const promise = new Promise<unknown>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { fresh: false, kind, id, name, shielded, promise, resolve, reject };
}

function nothing(): void {}

/**
 * Rejects without waking Node's unhandled-rejection handler: a branch that lost a race, or that
 * nobody awaits yet, must not end the process.
 */
export function rejectQuietly(pending: Pending, error: unknown): void {
  pending.promise.catch(() => {});
  pending.reject(error);
}

/** Likewise rejected from the start. */
export function rejection(error: unknown): Promise<never> {
  const rejected = Promise.reject(error);
  rejected.catch(() => {});
  return rejected;
}
