import type { Command } from 'commander';
import { gather } from '../../options.ts';
import { wholeNumber } from '../../parse-option.ts';
import type { Action } from '../../program.ts';
import type { RunWorkerOptions } from './run.ts';

export function defineWorker(worker: Command, action: Action): void {
  worker
    .command('run')
    .description('execute runs, due timers and answered hooks until told to stop')
    .option('--workflow <name>', 'only this one; may be repeated', gather)
    .option('-c, --concurrency <number>', 'runs advanced at the same time', wholeNumber(1))
    .option('-n, --name <name>', 'shown to people; host:pid if left out')
    .addHelpText(
      'after',
      '\nSIGTERM lets running steps finish and exits with 0; Ctrl-C does the same and exits' +
        '\nwith 130. A second one ends at once: nothing that is recorded is lost.' +
        '\n\nExample:\n  pyworkflow worker run --workflow processOrder --concurrency 20',
    )
    .action(
      action(async (cli, options: RunWorkerOptions) =>
        (await import('./run.ts')).runWorker(cli, options),
      ),
    );

  for (const [name, about] of [
    ['status', 'the workers of this store, their leases, and the work there is'],
    ['list', 'same as status'],
  ] as const) {
    worker
      .command(name)
      .description(about)
      .option('--all', 'also those that are not heard of any more')
      .addHelpText('after', `\nExample:\n  pyworkflow worker ${name}`)
      .action(
        action(async (cli, options: { all?: true }) =>
          (await import('./status.ts')).showWorkers(cli, options),
        ),
      );
  }

  worker
    .command('queues')
    .description('what is due, what runs and what waits')
    .addHelpText('after', '\nExample:\n  pyworkflow worker queues')
    .action(action(async (cli) => (await import('./queues.ts')).showQueues(cli)));
}
