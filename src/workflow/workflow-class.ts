import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Duration } from '../core/duration.ts';
import type { Json } from '../core/json.ts';
import { resolveWorkflow } from './define-workflow.ts';
import { hasWorkflow, registerWorkflow } from './registry.ts';
import type { Schema } from './schema.ts';
import type { WorkflowDefinition } from './workflow-definition.ts';

/**
 * The class form of a workflow: subclass it, set the options as fields, write `execute`, and hand
 * the class to `start`. Exported classes are found by discovery.
 */
export abstract class Workflow {
  readonly name?: string;
  readonly input?: Schema;
  readonly description?: string;
  readonly durable?: boolean;
  readonly maxDuration?: Duration;
  readonly tags?: readonly string[];
  readonly metadata?: { readonly [key: string]: Json };

  abstract execute(input: never): unknown;
}

export type WorkflowClass<W extends Workflow = Workflow> = new () => W;

/** What `start` takes for a class: what goes into its schema, else what `execute` takes. */
export type ClassInput<W extends Workflow> = W extends { readonly input: Schema }
  ? StandardSchemaV1.InferInput<W['input']>
  : Parameters<W['execute']> extends []
    ? void
    : Parameters<W['execute']>[0];

export type ClassOutput<W extends Workflow> = Awaited<ReturnType<W['execute']>>;

const definitions = new WeakMap<object, WorkflowDefinition>();

export function isWorkflowClass(value: unknown): value is WorkflowClass {
  return typeof value === 'function' && value.prototype instanceof Workflow;
}

/** Registers the class on first sight. */
export function classDefinition(Class: WorkflowClass): WorkflowDefinition {
  const known = definitions.get(Class);
  if (known !== undefined && hasWorkflow(known.name)) return known;
  const { name, execute: _, ...options } = new Class();
  const run = (input: never) => new Class().execute(input);
  run.toString = () => Class.toString();
  const definition = resolveWorkflow({ ...options, name: name ?? Class.name }, run);
  registerWorkflow(definition);
  definitions.set(Class, definition);
  return definition;
}
