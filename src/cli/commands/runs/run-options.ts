import type { Command } from 'commander';
import { RUN_STATUSES } from '../../../core/run.ts';
import { someOf } from '../../parse-option.ts';

export const ID = 'id of the run, the beginning of one, or `latest`';

/** Makes a verb with its help: what it does, and one example. */
export function verbOf(runs: Command) {
  return (name: string, about: string, example: string): Command =>
    runs
      .command(name)
      .description(about)
      .addHelpText('after', `\nExample:\n  pyworkflow runs ${example}`);
}

/** The flags of `RunFilterFlags`. */
export function addRunFilter(command: Command): Command {
  return command
    .option('-q, --query <text>', 'part of an id, a workflow name or an input')
    .option('--workflow <name>', 'of this workflow')
    .option(
      '--status <status>',
      `one of ${RUN_STATUSES.join(', ')}; may be repeated`,
      someOf(RUN_STATUSES),
    )
    .option('--tag <tag>', 'with this tag')
    .option('--parent <id>', 'children of this run')
    .option('--schedule <id>', 'started by this schedule')
    .option('--since <time>', 'created since: 1h (ago), a date or a time')
    .option('--until <time>', 'created before');
}
