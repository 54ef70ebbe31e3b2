import type { Json } from '../core/json.ts';
import { jsonSchemaOf } from '../workflow/schema.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import { askFields, objectSchema } from './ask-fields.ts';
import type { Cli } from './cli-context.ts';
import { parseArgs, readJson } from './read-input.ts';
import { UsageError } from './usage-error.ts';

export interface InputOptions {
  readonly arg?: readonly string[];
  readonly input?: string;
  /** From flags of their own. */
  readonly fields?: { readonly [name: string]: Json };
}

/** Who picks a workflow from a menu wants to be asked; who names it may know what it takes. */
export type Asking = 'everything' | 'what is needed';

/**
 * The input that flags give; what the workflow's schema still needs is asked for where somebody
 * can answer. Undefined means that the workflow is started without input.
 * @throws UsageError naming the flag of every missing field.
 */
export async function workflowInput(
  cli: Cli,
  definition: WorkflowDefinition,
  options: InputOptions,
  asking: Asking,
): Promise<Json | undefined> {
  const args = { ...parseArgs(options.arg ?? []), ...options.fields };
  const whole =
    options.input === undefined ? undefined : await readJson(cli.io, options.input, '--input');
  const hasArgs = Object.keys(args).length > 0;
  if (whole !== undefined && !hasArgs) return whole;
  if (whole !== undefined && !isObject(whole)) {
    throw new UsageError('--arg adds fields to an object, and --input is none', 'Use one of them');
  }
  const given = { ...whole, ...args };
  const schema = objectSchema(jsonSchemaOf(definition.input));
  const asksAll = asking === 'everything' && !hasArgs && cli.isInteractive;
  if (schema === null) {
    if (hasArgs) return given;
    return asksAll && definition.input === undefined ? askWhole(cli) : undefined;
  }
  const missing = schema.required.filter((field) => !Object.hasOwn(given, field));
  if (missing.length === 0 && !asksAll) return given;
  if (!cli.isInteractive) throw missingFields(definition.name, missing);
  return askFields(cli.prompts, schema, given, (field) => `--arg ${field}=…`);
}

function missingFields(workflow: string, missing: readonly string[]): UsageError {
  const flags = missing.map((field) => `--arg ${field}=…`).join(' ');
  return new UsageError(`${workflow} needs ${missing.join(', ')}`, `Give ${flags}`);
}

async function askWhole(cli: Cli): Promise<Json | undefined> {
  const answer = await cli.prompts.text('Input as JSON (empty for none):', {
    instead: '--input',
    validate: (text) => text === '' || isJson(text) || 'This is not valid JSON.',
  });
  return answer === '' ? undefined : (JSON.parse(answer) as Json);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
