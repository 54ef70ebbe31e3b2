import type { Json } from '../core/json.ts';
import type { RetryDelay } from '../core/retry-policy.ts';

/** A step as the registry holds it: options resolved, times in milliseconds. */
export interface StepDefinition {
  readonly name: string;
  readonly fn: (...args: never[]) => unknown;
  /** Attempts after the first; undefined takes the configured default. */
  readonly maxRetries: number | undefined;
  readonly retryDelay: RetryDelay;
  readonly jitter: boolean;
  /** Milliseconds per attempt, or null for no limit. */
  readonly timeoutMs: number | null;
  readonly metadata: { readonly [key: string]: Json };
  readonly forceLocal: boolean;
  readonly queue: string | null;
  /** Of all attempts, in all processes of a store. */
  readonly rateLimit: {
    readonly name: string;
    readonly limit: number;
    readonly perMs: number;
  } | null;
}
