import { DiscoveryError, PyWorkflowError } from '../core/errors.ts';
import { definitionOf } from '../workflow/define-workflow.ts';
import { listSteps, listWorkflows } from '../workflow/registry.ts';
import { classDefinition, isWorkflowClass } from '../workflow/workflow-class.ts';
import { failurePlace } from './failure-place.ts';
import { findModules } from './find-modules.ts';
import { importModule } from './import-module.ts';

export interface Discovered {
  /** Absolute, in the order they were loaded. */
  readonly files: readonly string[];
  /** The file of each workflow, by name. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Loads workflow modules so that their workflows and steps are registered; exported classes that
 * extend Workflow are registered too.
 *
 * @param modules files, folders or globs.
 * @throws DiscoveryError for a module that does not exist, does not compile, throws while it loads,
 *   or takes a name that another one has.
 */
export async function discoverWorkflows(
  modules: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<Discovered> {
  const cwd = options.cwd ?? process.cwd();
  const files = [...new Set(modules.flatMap((module) => findModules(module, cwd)))];
  const owners: Owners = { workflow: new Map(), step: new Map() };
  for (const file of files) {
    try {
      const exports = await importModule(file);
      for (const value of Object.values(exports)) claim(value, file, owners);
    } catch (error) {
      throw PyWorkflowError.is(error, 'DUPLICATE_NAME') ? clash(error, file, owners) : error;
    }
    noteNewNames(file, owners);
  }
  return { files, sources: owners.workflow };
}

interface Owners {
  readonly workflow: Map<string, string>;
  readonly step: Map<string, string>;
}

function claim(value: unknown, file: string, owners: Owners): void {
  const definition = isWorkflowClass(value) ? classDefinition(value) : definitionOf(value);
  if (definition && !owners.workflow.has(definition.name))
    owners.workflow.set(definition.name, file);
}

/** What a module defined without exporting it. */
function noteNewNames(file: string, owners: Owners): void {
  for (const { name } of listWorkflows())
    if (!owners.workflow.has(name)) owners.workflow.set(name, file);
  for (const { name } of listSteps()) if (!owners.step.has(name)) owners.step.set(name, file);
}

function clash(error: PyWorkflowError, file: string, owners: Owners): DiscoveryError {
  const { kind, name } = error.details as { kind: keyof Owners; name: string };
  const second = failurePlace(error, file).at;
  const first = owners[kind]?.get(name) ?? file;
  return new DiscoveryError(`Two ${kind}s are named '${name}': in ${first} and at ${second}`, {
    cause: error,
    details: { kind, name, files: [first, second] },
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}
