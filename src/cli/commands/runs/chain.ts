import type { RunSummary } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import type { Column } from '../../output/output.ts';
import { runListing, summaryJson } from '../../views/run-view.ts';

/** The runs that continue one another, oldest first; `◀` marks the one that was asked for. */
export async function showChain(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  const runId = await client.runs.resolveId(id);
  const chain = await client.runs.chain(runId);
  const position: Column<RunSummary> = {
    header: '',
    isId: true,
    value: (run) => `${place(chain, run)}${run.runId === runId ? ' ◀' : ''}`,
    plain: (run) => place(chain, run),
  };
  const [first, ...rest] = runListing.columns as [Column<RunSummary>, ...Column<RunSummary>[]];
  await cli.output.list(chain, {
    columns: [first, ...rest, position],
    json: (run) => ({ ...summaryJson(run), is_current: run.runId === runId }),
    empty: '',
  });
}

function place(chain: readonly RunSummary[], run: RunSummary): string {
  const index = chain.findIndex(({ runId }) => runId === run.runId);
  return `#${index + 1} of ${chain.length}`;
}
