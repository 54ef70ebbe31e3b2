import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './usage-error.ts';

export const FORMATS = ['table', 'json', 'plain'] as const;
export type Format = (typeof FORMATS)[number];

/** Accepted before and after the subcommand. No defaults here: `resolveConfig` has them all. */
export interface GlobalOptions {
  readonly module?: readonly string[];
  readonly runtime?: string;
  readonly storage?: string;
  readonly storagePath?: string;
  readonly output?: Format;
  readonly json?: true;
  readonly config?: string;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly color?: boolean;
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option('--module <path>', 'file, folder or glob of workflow modules; may be repeated', gather)
    .option('--runtime <name>', 'where runs execute: local')
    .option(
      '--storage <backend>',
      'where runs are kept: sqlite, file, memory, postgres, mysql, dynamodb',
    )
    .option('--storage-path <path>', 'database file, or its folder')
    .addOption(
      new Option('--output <format>', `how to print: ${FORMATS.join(', ')}`).argParser(parseFormat),
    )
    .option('--json', 'short for --output json')
    .option('--config <file>', 'instead of the nearest pyworkflow.config.yaml')
    .option('-v, --verbose', 'say more, with stacks of errors')
    .option('--quiet', 'no progress and no hints')
    .option('--no-color', 'no colours');
}

/** An option that may be given more than once. */
export function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function parseFormat(value: string): Format {
  const found = formatNamed(value);
  if (found === undefined)
    throw new InvalidArgumentError(`It must be one of ${FORMATS.join(', ')}.`);
  return found;
}

function formatNamed(value: string): Format | undefined {
  return FORMATS.find((known) => known === value.toLowerCase());
}

/** @throws UsageError if PYWORKFLOW_OUTPUT decides and names no format. */
export function resolveFormat(
  options: GlobalOptions,
  env: Readonly<Record<string, string | undefined>>,
): Format {
  if (options.json) return 'json';
  if (options.output !== undefined) return options.output;
  const wanted = env.PYWORKFLOW_OUTPUT;
  if (!wanted) return 'table';
  const found = formatNamed(wanted);
  if (found !== undefined) return found;
  throw new UsageError(`PYWORKFLOW_OUTPUT must be one of ${FORMATS.join(', ')}, not '${wanted}'`);
}
