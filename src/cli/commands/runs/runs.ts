import type { Command } from 'commander';
import { gather } from '../../options.ts';
import { wholeNumber } from '../../parse-option.ts';
import type { Action } from '../../program.ts';
import type { SelectFlags } from '../../select-runs.ts';
import type { CancelRunsOptions } from './cancel.ts';
import { defineRunFamily } from './define-family.ts';
import type { ForkRunFlags } from './fork.ts';
import type { ListRunsOptions } from './list.ts';
import type { RunLogsOptions } from './logs.ts';
import { addRunFilter, ID, verbOf } from './run-options.ts';
import type { WaitForRunOptions } from './wait.ts';

export function defineRuns(runs: Command, action: Action): void {
  const verb = verbOf(runs);

  addRunFilter(verb('list', 'runs, newest first', 'list --status failed --since 1d'))
    .option('--limit <number>', 'at most so many; 20 if left out', wholeNumber(1))
    .option('--cursor <cursor>', 'where the last page ended')
    .option('--watch', 'as it changes, until Ctrl-C')
    .action(
      action(async (cli, options: ListRunsOptions) =>
        (await import('./list.ts')).listRuns(cli, options),
      ),
    );

  verb('status', 'one run: times, input, result, error, surroundings', 'status latest')
    .argument('<id>', ID)
    .action(action(async (cli, id: string) => (await import('./status.ts')).showRun(cli, id)));

  verb('explain', 'why a run is where it is, and what to do about it', 'explain latest')
    .argument('<id>', ID)
    .action(
      action(async (cli, id: string) => (await import('./explain.ts')).explainOneRun(cli, id)),
    );

  verb('logs', 'the events of a run', 'logs latest --filter step --follow')
    .argument('<id>', ID)
    .option('--filter <text>', 'events whose type contains this; may be repeated', gather)
    .option('--follow', 'go on until the run has ended')
    .action(
      action(async (cli, id: string, options: RunLogsOptions) =>
        (await import('./logs.ts')).showLogs(cli, id, options),
      ),
    );

  bulk(
    verb(
      'cancel',
      'ask runs to stop; they may clean up first',
      'cancel --workflow processOrder --status suspended --since 1h --yes',
    ),
  )
    .option('--reason <text>', 'kept in the history')
    .option('--wait', 'until they have stopped')
    .option('--timeout <duration>', 'of the waiting; 30s if left out')
    .action(
      action(async (cli, ids: readonly string[], options: CancelRunsOptions) =>
        (await import('./cancel.ts')).cancelRuns(cli, ids, options),
      ),
    );

  verb(
    'wait',
    'until a run has ended: 0 completed, 1 failed, 3 cancelled, 5 timeout',
    'wait latest --timeout 5m',
  )
    .argument('<id>', ID)
    .option('--timeout <duration>', 'give up after this long')
    .action(
      action(async (cli, id: string, options: WaitForRunOptions) =>
        (await import('./wait.ts')).waitForRun(cli, id, options),
      ),
    );

  bulk(
    verb(
      'resume',
      'try parked runs again, with the code of today',
      'resume --workflow processOrder --since 1d --yes',
    ),
  ).action(
    action(async (cli, ids: readonly string[], options: SelectFlags) =>
      (await import('./resume.ts')).resumeRuns(cli, ids, options),
    ),
  );

  verb(
    'fork',
    'a new run that goes on from the history of another one, with the code of today',
    `fork latest --from chargeCard --set validateOrder='{"ok":true}'`,
  )
    .argument('<id>', ID)
    .option(
      '--from <step>',
      'the first step to run again, by name or id; the last failed one if left out',
    )
    .option('--set <step=json>', 'a result that counts instead; may be repeated', gather)
    .option('--input <json>', 'another input, if nothing is taken over: JSON, @file, or -')
    .option('--no-wait', 'only record the run and leave it to a worker')
    .option('--detach', 'same as --no-wait')
    .option('--timeout <duration>', 'stop following after this long; the run goes on')
    .action(
      action(async (cli, id: string, options: ForkRunFlags) =>
        (await import('./fork.ts')).forkRun(cli, id, options),
      ),
    );

  defineRunFamily(runs, action);
}

function bulk(command: Command): Command {
  command.argument('[id...]', `${ID}; - reads ids from stdin; or pick by filter`);
  return addRunFilter(command)
    .option('--limit <number>', 'at most so many of those that fit', wholeNumber(1))
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'only list the runs that fit');
}
