import type { Duration } from '../core/duration.ts';
import type { Schema } from './schema.ts';

export interface HookOptions<Out = unknown> {
  /** How long to wait before the run gets a HookExpiredError. Default: for ever. */
  readonly timeout?: Duration;
  /**
   * Runs once, as a step, as soon as the hook is durable. Send the token from here; what it returns
   * is not kept.
   */
  readonly onCreated?: (token: string) => unknown;
  /** Payloads that do not fit are refused and the hook stays pending. */
  // biome-ignore lint/suspicious/noExplicitAny: the input side is whatever the caller sends
  readonly schema?: Schema<any, Out>;
}

/** Await it for the payload; hand `token` to whoever shall resume it. */
export interface Hook<Payload> extends Promise<Payload> {
  readonly hookId: string;
  readonly name: string;
  readonly token: string;
}
