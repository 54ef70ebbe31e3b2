import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Cli } from './cli-context.ts';
import type { DemoOptions } from './commands/demo.ts';
import { defineHooks } from './commands/hooks/hooks.ts';
import type { QuickstartOptions } from './commands/quickstart.ts';
import { defineRuns } from './commands/runs/runs.ts';
import { defineWorker } from './commands/worker/worker.ts';
import { defineWorkflows } from './commands/workflows/workflows.ts';
import type { Io } from './io.ts';
import { addGlobalOptions, type GlobalOptions } from './options.ts';

type Ended = number | void;

/** What a command does, once there is something to do it with. Its exit code, or 0. */
export type Body = (cli: Cli) => Promise<Ended>;

/** Makes a commander action of a command's body. */
export type Action = <Args extends unknown[]>(
  body: (cli: Cli, ...args: Args) => Promise<Ended>,
) => (...args: unknown[]) => Promise<void>;

/** The tree of commands. Bodies are loaded when they run, so that `--help` stays quick. */
export function buildProgram(
  io: Io,
  { tellsHelp }: { readonly tellsHelp: boolean },
  run: (options: GlobalOptions, body: Body) => Promise<void>,
): Command {
  const program = new Command('pyworkflow')
    .description('Durable workflows in plain TypeScript: crash-proof runs, no server to operate.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void (tellsHelp && io.stderr.write(text)),
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 80, 100),
      getErrHelpWidth: () => Math.min(io.stderr.columns ?? 80, 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: () => {},
    });
  addGlobalOptions(program);

  const action: Action =
    (body) =>
    (...args) => {
      // Commander hands over the arguments, the options and the command itself.
      const rest = args.slice(0, -1) as never;
      return run(program.opts<GlobalOptions>(), (cli) => body(cli, ...rest));
    };
  const noun = (name: string, about: string) =>
    program.command(name).description(about).helpCommand(false);
  defineWorkflows(noun('workflows', 'what can be run'), action);
  defineRuns(noun('runs', 'what has been run, and what is running'), action);
  defineHooks(noun('hooks', 'what runs wait for from outside'), action);
  defineWorker(noun('worker', 'processes that execute runs'), action);
  defineOthers(program, action);
  return program;
}

function defineOthers(program: Command, action: Action): void {
  program
    .command('quickstart')
    .description('make a folder with workflows that are ready to run')
    .argument('[dir]', 'where; default: here')
    .option('-y, --non-interactive', 'ask nothing')
    .option('--template <name>', 'which one: basic')
    .option('--force', 'replace files that differ; the old ones are kept as .backup')
    .option('--skip-docker', 'accepted for the future: no containers are started yet')
    .addHelpText('after', '\nExample:\n  pyworkflow quickstart my-workflows')
    .action(
      action(async (cli, dir: string | undefined, options: QuickstartOptions) => {
        const { quickstart } = await import('./commands/quickstart.ts');
        return quickstart(cli, dir, options);
      }),
    );
  program
    .command('demo')
    .description('watch a run survive the death of its process')
    .option('--keep', 'keep the temporary folder')
    .addHelpText('after', '\nExample:\n  pyworkflow demo')
    .action(
      action(async (cli, options: DemoOptions) => {
        const { demo } = await import('./commands/demo.ts');
        return demo(cli, options);
      }),
    );
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
