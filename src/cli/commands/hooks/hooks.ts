import type { Command } from 'commander';
import { HOOK_STATUSES } from '../../../core/hook.ts';
import { oneOf, wholeNumber } from '../../parse-option.ts';
import type { Action } from '../../program.ts';
import type { ListHooksOptions } from './list.ts';
import type { ResumeHookOptions } from './resume.ts';

export function defineHooks(hooks: Command, action: Action): void {
  hooks
    .command('list')
    .description('hooks, newest first')
    .option('--run-id <id>', 'of this run')
    .option('--status <status>', `one of ${HOOK_STATUSES.join(', ')}`, oneOf(HOOK_STATUSES))
    .option('--limit <number>', 'at most so many; 20 if left out', wholeNumber(1))
    .option('--cursor <cursor>', 'where the last page ended')
    .addHelpText('after', '\nExample:\n  pyworkflow hooks list --status pending')
    .action(
      action(async (cli, options: ListHooksOptions) =>
        (await import('./list.ts')).listHooks(cli, options),
      ),
    );

  hooks
    .command('info')
    .description('one hook: run, status, fields of its payload')
    .argument('<token>', 'run_id:hook_id, or the whole token')
    .addHelpText('after', '\nExample:\n  pyworkflow hooks info run_1f2e:approval')
    .action(action(async (cli, token: string) => (await import('./info.ts')).showHook(cli, token)));

  hooks
    .command('run')
    .description('the hooks of one run')
    .argument('<run-id>', 'id of the run, the beginning of one, or `latest`')
    .addHelpText('after', '\nExample:\n  pyworkflow hooks run latest')
    .action(action(async (cli, id: string) => (await import('./run.ts')).listHooksOfRun(cli, id)));

  hooks
    .command('resume')
    .description('answer a hook: its run goes on with the payload')
    .argument('[token]', 'run_id:hook_id, or the whole token; asked for if left out')
    .option('-p, --payload <json>', 'the answer')
    .option('-f, --payload-file <file>', 'the answer from a file, - for stdin')
    .addHelpText(
      'after',
      `\nExample:\n  pyworkflow hooks resume run_1f2e:approval --payload '{"approved":true}'`,
    )
    .action(
      action(async (cli, token: string | undefined, options: ResumeHookOptions) =>
        (await import('./resume.ts')).resumeHook(cli, token, options),
      ),
    );
}
