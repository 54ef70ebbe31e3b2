import { type Cli, type CliParts, createCli } from './cli-context.ts';
import { exitCodeOf } from './exit-codes.ts';
import type { Io } from './io.ts';
import type { Format, GlobalOptions } from './options.ts';
import { createOutput } from './output/output.ts';
import { reportError } from './report-error.ts';

/** What a command gets to work with. */
export async function openSession(
  io: Io,
  options: GlobalOptions,
  format: Format,
  parts: CliParts,
): Promise<Cli> {
  const output = await createOutput(io, parts.clock, {
    format,
    isQuiet: options.quiet ?? false,
    isVerbose: options.verbose ?? false,
    color: options.color,
    command: parts.command,
  });
  return createCli(io, options, output, parts);
}

/** Tells what went wrong and gives the exit code for it. */
export function failSession({ io, output, command }: Cli, error: unknown): number {
  const { format, isVerbose } = output;
  const write = (text: string) => void io.stderr.write(text);
  reportError(error, { format, isVerbose, write, error: output.error }, command);
  return exitCodeOf(error);
}
