import { CommanderError } from 'commander';
import type { Cli, CliParts } from './cli-context.ts';
import { type Io, processIo } from './io.ts';
import { type Format, type GlobalOptions, resolveFormat } from './options.ts';
import { buildProgram } from './program.ts';
import { UsageError } from './usage-error.ts';

/**
 * Runs one command line. Imports little: `--help` is done before the rest is loaded.
 * @param argv without node and script.
 * @returns the exit code; only a second Ctrl-C ends the process from within.
 */
export async function main(
  argv: readonly string[],
  io: Io = processIo(),
  parts?: CliParts,
): Promise<number> {
  const isJson = wantsJson(argv, io.env);
  let cli: Cli | undefined;
  let exitCode = 0;
  const open = async (options: GlobalOptions, format: Format) => {
    const [{ openSession }, { realParts }] = await Promise.all([
      import('./session.ts'),
      import('./cli-parts.ts'),
    ]);
    cli = await openSession(io, options, format, parts ?? realParts(io));
    return cli;
  };
  const fail = async (error: unknown) => {
    const { failSession } = await import('./session.ts');
    exitCode = failSession(cli ?? (await open({}, isJson ? 'json' : 'table')), error);
  };

  // Help that nobody asked for would spoil the JSON that an error is then.
  const program = buildProgram(io, { tellsHelp: !isJson }, async (options, body) => {
    exitCode = (await body(await open(options, resolveFormat(options, io.env)))) ?? 0;
  });
  // A command that waits for another process may have nothing else that keeps this one alive.
  const alive = setInterval(() => {}, 60_000);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0;
    if (!isHelp) await fail(error instanceof CommanderError ? usageError(error) : error);
  }
  await cli?.close().catch(fail);
  clearInterval(alive);
  return exitCode;
}

/** Commander says `error: unknown option '--foo'\n(Did you mean --bar?)`. */
function usageError({ message, code }: CommanderError): UsageError {
  if (code === 'commander.help') return new UsageError('A command is missing', 'See --help');
  const [first = '', ...more] = message.replace(/^error: /, '').split('\n');
  const guess = more.join(' ').replace(/^\((.*)\)$/, '$1');
  return new UsageError(first, guess || 'See --help');
}

/** Also of a command line that cannot be parsed. */
function wantsJson(argv: readonly string[], env: Io['env']): boolean {
  if (argv.includes('--json') || /(^| )--output[ =]json( |$)/i.test(argv.join(' '))) return true;
  return env.PYWORKFLOW_OUTPUT?.toLowerCase() === 'json' && !argv.includes('--output');
}
