import type { WorkflowContext } from '../workflow/context.ts';

const sinks = new WeakMap<WorkflowContext, (name: string) => void>();

/** Lets a context's session hear of calls that are no primitives. */
export function onForeignCall(context: WorkflowContext, sink: (name: string) => void): void {
  sinks.set(context, sink);
}

/** Workflow code has called something whose end no event tells. */
export function noteForeignCall(context: WorkflowContext, name: string): void {
  sinks.get(context)?.(name);
}
