import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Cli } from './cli-context.ts';
import type { DemoOptions } from './commands/demo.ts';
import type { QuickstartOptions } from './commands/quickstart.ts';
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
  for (const [name, { about }] of NOUNS) {
    program.command(name).description(about).helpCommand(false);
  }
  program.hook('preSubcommand', async (_, called) => {
    const define = await NOUNS.get(called.name())?.load();
    define?.(called, action);
  });
  defineOthers(program, action);
  return program;
}

interface Noun {
  readonly about: string;
  /** Its verbs: defined once the noun is called, since there are many and one is wanted. */
  load(): Promise<(noun: Command, action: Action) => void>;
}

const NOUNS: ReadonlyMap<string, Noun> = new Map([
  [
    'workflows',
    {
      about: 'what can be run',
      load: async () => (await import('./commands/workflows/workflows.ts')).defineWorkflows,
    },
  ],
  [
    'runs',
    {
      about: 'what has been run, and what is running',
      load: async () => (await import('./commands/runs/runs.ts')).defineRuns,
    },
  ],
  [
    'hooks',
    {
      about: 'what runs wait for from outside',
      load: async () => (await import('./commands/hooks/hooks.ts')).defineHooks,
    },
  ],
  [
    'schedules',
    {
      about: 'what runs by the clock',
      load: async () => (await import('./commands/schedules/schedules.ts')).defineSchedules,
    },
  ],
  [
    'scheduler',
    {
      about: 'processes that start the runs of schedules',
      load: async () => (await import('./commands/scheduler/scheduler.ts')).defineScheduler,
    },
  ],
  [
    'worker',
    {
      about: 'processes that execute runs',
      load: async () => (await import('./commands/worker/worker.ts')).defineWorker,
    },
  ],
]);

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
