import type { Command } from 'commander';
import type { Action } from '../../program.ts';
import type { RunSchedulerFlags } from './run.ts';

export function defineScheduler(scheduler: Command, action: Action): void {
  scheduler
    .command('run')
    .description('start the runs of schedules until told to stop; workers execute them')
    .option('--poll-interval <duration>', 'the longest wait between two looks; 5s if left out')
    .option('--duration <duration>', 'stop after this long')
    .addHelpText(
      'after',
      '\nA worker does this too; this is for machines that shall not execute runs.' +
        '\nSIGTERM and --duration end it with 0, Ctrl-C with 130.' +
        '\n\nExample:\n  pyworkflow scheduler run --poll-interval 10s',
    )
    .action(
      action(async (cli, options: RunSchedulerFlags) =>
        (await import('./run.ts')).runScheduler(cli, options),
      ),
    );
}
