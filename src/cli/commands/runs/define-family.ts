import type { Command } from 'commander';
import { RUN_STATUSES } from '../../../core/run.ts';
import { someOf, wholeNumber } from '../../parse-option.ts';
import type { Action } from '../../program.ts';
import type { ListChildrenFlags } from './children.ts';
import type { DiffRunsFlags } from './diff.ts';
import { ID, verbOf } from './run-options.ts';

/** The verbs about a run's relatives, and about runs as documents. */
export function defineRunFamily(runs: Command, action: Action): void {
  const verb = verbOf(runs);

  verb('children', 'the runs that a run has started', 'children latest --status failed')
    .argument('<id>', ID)
    .option(
      '--status <status>',
      `one of ${RUN_STATUSES.join(', ')}; may be repeated`,
      someOf(RUN_STATUSES),
    )
    .option('--limit <number>', 'at most so many; 100 if left out', wholeNumber(1))
    .option('--cursor <cursor>', 'where the last page ended')
    .action(
      action(async (cli, id: string, options: ListChildrenFlags) =>
        (await import('./children.ts')).listChildren(cli, id, options),
      ),
    );

  verb('chain', 'the runs that continue one another, oldest first', 'chain latest')
    .argument('<id>', ID)
    .action(action(async (cli, id: string) => (await import('./chain.ts')).showChain(cli, id)));

  verb('tree', 'a run, its chain and its children', 'tree latest')
    .argument('<id>', ID)
    .action(action(async (cli, id: string) => (await import('./tree.ts')).showTree(cli, id)));

  verb(
    'diff',
    'two histories side by side, from their first difference on',
    'diff run_1f2e run_77ab',
  )
    .argument('<a>', ID)
    .argument('<b>', 'the other one')
    .option('--all', 'what is the same before that, too')
    .option('--exit-code', '1 if they differ')
    .action(
      action(async (cli, a: string, b: string, options: DiffRunsFlags) =>
        (await import('./diff.ts')).diffRuns(cli, a, b, options),
      ),
    );

  verb(
    'export',
    'record and history of a run as one JSON document',
    'export latest --file run.json',
  )
    .argument('<id>', ID)
    .option('--file <path>', 'where to; stdout if left out')
    .action(
      action(async (cli, id: string, options: { file?: string }) =>
        (await import('./export.ts')).exportRun(cli, id, options),
      ),
    );
}
