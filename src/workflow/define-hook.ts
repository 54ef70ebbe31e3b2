import { workflowContext } from './context.ts';
import { checkName } from './define-workflow.ts';
import type { Hook, HookOptions } from './hook-types.ts';
import { registerHook } from './registry.ts';
import type { Schema } from './schema.ts';

export interface HookDefinition {
  readonly name: string;
  readonly schema: Schema | undefined;
}

/** A hook with a name and a payload type known to the whole program, the command line included. */
export interface TypedHook<Payload> {
  /** Waits for it in a workflow. */
  (options?: Omit<HookOptions, 'schema'>): Hook<Payload>;
  readonly hookName: string;
}

/** Registers a hook's schema under its name, so that other processes check payloads before they send them. */
export function defineHook<In, Out = In>(name: string, schema?: Schema<In, Out>): TypedHook<Out> {
  checkName('hook', name);
  registerHook({ name, schema: schema as Schema | undefined });
  const wait = (options: Omit<HookOptions, 'schema'> = {}) =>
    workflowContext('hook').hook(name, schema ? { ...options, schema } : options) as Hook<Out>;
  return Object.assign(wait, { hookName: name });
}
