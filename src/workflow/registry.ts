import { closestName } from '../core/closest-name.ts';
import { DuplicateNameError, UnknownWorkflowError } from '../core/errors.ts';
import type { HookDefinition } from './define-hook.ts';
import type { ScheduledDefinition } from './scheduled-definition.ts';
import type { StepDefinition } from './step-definition.ts';
import type { WorkflowDefinition } from './workflow-definition.ts';

interface Registry {
  readonly workflows: Map<string, WorkflowDefinition>;
  readonly steps: Map<string, StepDefinition>;
  readonly hooks: Map<string, HookDefinition>;
  /** By the workflow's name. */
  readonly scheduled: Map<string, ScheduledDefinition>;
}

// One registry for all copies of the package in a process, as for the current context.
const KEY = Symbol.for('pyworkflow.registry.2');
const shared = globalThis as { [KEY]?: Registry };
shared[KEY] ??= { workflows: new Map(), steps: new Map(), hooks: new Map(), scheduled: new Map() };
const registry: Registry = shared[KEY];

/** @throws DuplicateNameError if another function has that name. */
export function registerWorkflow(definition: WorkflowDefinition): void {
  const known = registry.workflows.get(definition.name);
  if (known && !sameCode(known.fn, definition.fn)) {
    throw new DuplicateNameError('workflow', definition.name);
  }
  registry.workflows.set(definition.name, definition);
}

/** @throws DuplicateNameError if another function has that name. */
export function registerStep(definition: StepDefinition): void {
  const known = registry.steps.get(definition.name);
  if (known && !sameCode(known.fn, definition.fn)) {
    throw new DuplicateNameError('step', definition.name);
  }
  registry.steps.set(definition.name, definition);
}

export function registerHook(definition: HookDefinition): void {
  registry.hooks.set(definition.name, definition);
}

export function registerScheduled(definition: ScheduledDefinition): void {
  registry.scheduled.set(definition.workflowName, definition);
}

/** Workflows that bring their own schedule, by name. */
export function listScheduledWorkflows(): readonly ScheduledDefinition[] {
  return [...registry.scheduled.values()].sort((a, b) =>
    a.workflowName < b.workflowName ? -1 : 1,
  );
}

/** All registered workflows, by name. */
export function listWorkflows(): readonly WorkflowDefinition[] {
  return byName(registry.workflows);
}

/** @throws UnknownWorkflowError naming the nearest known one. */
export function getWorkflow(name: string): WorkflowDefinition {
  const definition = registry.workflows.get(name);
  if (definition) return definition;
  const known = [...registry.workflows.keys()].sort();
  throw new UnknownWorkflowError(name, known, closestName(name, known));
}

export function hasWorkflow(name: string): boolean {
  return registry.workflows.has(name);
}

/** All registered steps, by name. */
export function listSteps(): readonly StepDefinition[] {
  return byName(registry.steps);
}

/** The step of that name, or undefined. */
export function getStep(name: string): StepDefinition | undefined {
  return registry.steps.get(name);
}

/** What `defineHook` made under that name, or undefined. */
export function getHookDefinition(name: string): HookDefinition | undefined {
  return registry.hooks.get(name);
}

/** Forgets everything: for tests and for reloading. */
export function clearRegistry(): void {
  registry.workflows.clear();
  registry.steps.clear();
  registry.hooks.clear();
  registry.scheduled.clear();
}

// A module can be loaded twice (by two paths, by a reload): the same code under the same name is no clash.
function sameCode(a: (...args: never[]) => unknown, b: (...args: never[]) => unknown): boolean {
  return a === b || a.toString() === b.toString();
}

function byName<T extends { readonly name: string }>(map: Map<string, T>): readonly T[] {
  return [...map.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
