import type { WorkflowContext } from '../workflow/context.ts';

interface Sink {
  noteForeignCall(name: string): void;
}

const sinks = new WeakMap<WorkflowContext, Sink>();

/** Lets a context's session hear of calls that are no primitives. */
export function onForeignCall(context: WorkflowContext, sink: Sink): void {
  sinks.set(context, sink);
}

/** Workflow code has called something whose end no event tells. */
export function noteForeignCall(context: WorkflowContext, name: string): void {
  sinks.get(context)?.noteForeignCall(name);
}
