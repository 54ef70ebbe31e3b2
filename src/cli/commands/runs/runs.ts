import type { Command } from 'commander';
import { RUN_STATUSES } from '../../../core/run.ts';
import { gather } from '../../options.ts';
import { someOf, wholeNumber } from '../../parse-option.ts';
import type { Action } from '../../program.ts';
import type { CancelRunsOptions } from './cancel.ts';
import type { ListRunsOptions } from './list.ts';
import type { RunLogsOptions } from './logs.ts';
import type { WaitForRunOptions } from './wait.ts';

const ID = 'id of the run, the beginning of one, or `latest`';

export function defineRuns(runs: Command, action: Action): void {
  runs
    .command('list')
    .description('runs, newest first')
    .option('-q, --query <text>', 'part of an id, a workflow name or an input')
    .option('--workflow <name>', 'of this workflow')
    .option(
      '--status <status>',
      `one of ${RUN_STATUSES.join(', ')}; may be repeated`,
      someOf(RUN_STATUSES),
    )
    .option('--tag <tag>', 'with this tag')
    .option('--since <time>', 'created since: 1h (ago), a date or a time')
    .option('--until <time>', 'created before')
    .option('--limit <number>', 'at most so many; 20 if left out', wholeNumber(1))
    .option('--cursor <cursor>', 'where the last page ended')
    .addHelpText('after', '\nExample:\n  pyworkflow runs list --status failed --since 1d')
    .action(
      action(async (cli, options: ListRunsOptions) =>
        (await import('./list.ts')).listRuns(cli, options),
      ),
    );

  runs
    .command('status')
    .description('one run: times, input, result, error')
    .argument('<id>', ID)
    .addHelpText('after', '\nExample:\n  pyworkflow runs status latest')
    .action(action(async (cli, id: string) => (await import('./status.ts')).showRun(cli, id)));

  runs
    .command('logs')
    .description('the events of a run')
    .argument('<id>', ID)
    .option('--filter <text>', 'events whose type contains this; may be repeated', gather)
    .option('--follow', 'go on until the run has ended')
    .addHelpText('after', '\nExample:\n  pyworkflow runs logs latest --filter step --follow')
    .action(
      action(async (cli, id: string, options: RunLogsOptions) =>
        (await import('./logs.ts')).showLogs(cli, id, options),
      ),
    );

  runs
    .command('cancel')
    .description('ask runs to stop; they may clean up first')
    .argument('<id...>', `${ID}; - reads ids from stdin`)
    .option('--reason <text>', 'kept in the history')
    .option('--wait', 'until they have stopped')
    .option('--timeout <duration>', 'of the waiting; 30s if left out')
    .addHelpText(
      'after',
      '\nExample:\n  pyworkflow runs list --status running --output plain | cut -f1 | pyworkflow runs cancel -',
    )
    .action(
      action(async (cli, ids: readonly string[], options: CancelRunsOptions) =>
        (await import('./cancel.ts')).cancelRuns(cli, ids, options),
      ),
    );

  runs
    .command('wait')
    .description('until a run has ended: 0 completed, 1 failed, 3 cancelled, 5 timeout')
    .argument('<id>', ID)
    .option('--timeout <duration>', 'give up after this long')
    .addHelpText('after', '\nExample:\n  pyworkflow runs wait latest --timeout 5m')
    .action(
      action(async (cli, id: string, options: WaitForRunOptions) =>
        (await import('./wait.ts')).waitForRun(cli, id, options),
      ),
    );

  runs
    .command('resume')
    .description('try a parked run again, with the code of today')
    .argument('<id>', ID)
    .addHelpText('after', '\nExample:\n  pyworkflow runs resume run_1f2e')
    .action(action(async (cli, id: string) => (await import('./resume.ts')).resumeRun(cli, id)));
}
