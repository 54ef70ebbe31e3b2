import type { Json } from '../core/json.ts';
import type { Schema } from './schema.ts';
import type { ConcurrencyOptions, SingletonOptions } from './workflow-gates.ts';

/** A workflow as the registry holds it: options resolved, times in milliseconds. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly fn: (input: never) => unknown;
  readonly input: Schema | undefined;
  readonly description: string | null;
  /** Undefined takes the configured default. */
  readonly durable: boolean | undefined;
  /** Milliseconds a run may take in all, or null for no limit. */
  readonly maxDurationMs: number | null;
  readonly tags: readonly string[];
  readonly metadata: { readonly [key: string]: Json };
  readonly recoverOnWorkerLoss: boolean | undefined;
  readonly maxRecoveryAttempts: number | undefined;
  readonly concurrency: ConcurrencyOptions<never> | undefined;
  readonly singleton: SingletonOptions<never> | undefined;
  /** Of the code; undefined takes the configured one. */
  readonly version: string | undefined;
}
