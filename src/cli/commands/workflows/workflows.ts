import type { Command } from 'commander';
import { gather } from '../../options.ts';
import type { Action } from '../../program.ts';
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

  workflows
    .command('run')
    .description('start a run and follow it to its end')
    .argument('[name]', 'asked for if left out')
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
    .addHelpText(
      'after',
      '\nExamples:\n  pyworkflow workflows run processOrder --arg orderId=ORD-1\n' +
        '  echo \'{"orderId":"ORD-1"}\' | pyworkflow workflows run processOrder --input - --json',
    )
    .action(
      action(async (cli, name: string | undefined, options: RunWorkflowOptions) =>
        (await import('./run.ts')).runWorkflow(cli, name, options),
      ),
    );
}
