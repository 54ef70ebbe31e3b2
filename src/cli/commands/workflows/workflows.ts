import type { Command } from 'commander';
import { RUN_STATUSES } from '../../../core/run.ts';
import { gather } from '../../options.ts';
import { someOf, wholeNumber } from '../../parse-option.ts';
import type { Action } from '../../program.ts';
import type { CheckWorkflowsFlags } from './check.ts';
import type { RunWorkflowOptions } from './run.ts';

export function defineWorkflows(workflows: Command, action: Action): void {
  workflows
    .command('list')
    .description('the workflows of the configured modules')
    .addHelpText('after', '\nExample:\n  pyworkflow workflows list --module workflows/')
    .action(action(async (cli) => (await import('./list.ts')).listWorkflows(cli)));

  workflows
    .command('info')
    .description('one workflow: limits, tags, input')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  pyworkflow workflows info processOrder')
    .action(
      action(async (cli, name: string) => (await import('./info.ts')).showWorkflow(cli, name)),
    );

  const run = workflows
    .command('run')
    .description('start a run and follow it to its end')
    .argument('[name]', 'asked for if left out')
    .argument('[flags...]', 'fields of its input: see --help with its name')
    .option('--arg <name=value>', 'one field of the input; the value is JSON or text', gather)
    .option('--input <json>', 'the whole input: JSON, @file, or - for stdin')
    .option(
      '--idempotency-key <key>',
      'the same key gives the same run, however often it is called',
    )
    .option('--no-durable', 'run without a store')
    .option('--no-wait', 'only record the run and leave it to a worker')
    .option('--detach', 'same as --no-wait')
    .option('--timeout <duration>', 'stop following after this long; the run goes on')
    // Its own: the flags of a workflow's input are known only once the workflow is.
    .helpOption(false)
    .option('-h, --help', 'print help, with the flags of the input if a workflow is named')
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nExamples:\n  pyworkflow workflows run processOrder --arg orderId=ORD-1\n' +
        '  echo \'{"orderId":"ORD-1"}\' | pyworkflow workflows run processOrder --input - --json',
    );
  run.action(
    action(
      async (
        cli,
        name: string | undefined,
        flags: readonly string[],
        options: RunWorkflowOptions,
      ) => (await import('./run.ts')).runWorkflow(cli, run, name, flags, options),
    ),
  );

  workflows
    .command('check')
    .description('replay live or exported histories against this code: 7 if one no longer fits')
    .argument('[name]', 'runs of this workflow; of all if left out')
    .option('--file <path>', 'an exported history, - for stdin; may be repeated', gather)
    .option('--run <id>', 'this run, finished or not; may be repeated', gather)
    .option(
      '--status <status>',
      `one of ${RUN_STATUSES.join(', ')}; may be repeated; unfinished ones if left out`,
      someOf(RUN_STATUSES),
    )
    .option('--since <time>', 'created since: 1h (ago), a date or a time')
    .option('--limit <number>', 'at most so many', wholeNumber(1))
    .option('--strict', '7 for another result or an unknown workflow, too')
    .addHelpText(
      'after',
      '\nNothing is started and nothing is written. Run it before you deploy.' +
        '\n\nExample:\n  pyworkflow workflows check processOrder --limit 500',
    )
    .action(
      action(async (cli, name: string | undefined, options: CheckWorkflowsFlags) =>
        (await import('./check.ts')).checkWorkflows(cli, name, options),
      ),
    );
}
