import { isFinished, type RunSummary } from '../../../core/run.ts';
import type { Cli } from '../../cli-context.ts';
import { explainRun } from '../../explain/explain-run.ts';
import { type Finding, findingJson, printFindings } from '../../explain/finding.ts';
import { showStatus } from '../../output/status.ts';
import { clean } from '../../output/text.ts';
import { isoOrNull, relative } from '../../output/time.ts';
import { progressJson, progressText } from '../../views/progress-view.ts';

/** One screen: why the run is where it is, and what to do about it. */
export async function explainOneRun(cli: Cli, id: string): Promise<void> {
  const now = cli.clock.now();
  const client = await cli.client();
  const run = await client.runs.get(id);
  const [findings, workers] = await Promise.all([
    explainRun(client, run, now),
    client.workers.list(),
  ]);
  const alive = workers.filter(({ isAlive }) => isAlive).length;
  const { output } = cli;
  output.result({
    json: {
      run_id: run.runId,
      workflow_name: run.workflowName,
      status: run.status,
      updated_at: isoOrNull(run.updatedAt),
      summary: findings[0]?.message ?? null,
      findings: findings.map(findingJson),
      progress: progressJson(run.progress),
      parent_run_id: run.parentRunId,
      workers_alive: alive,
    },
    plain: findings.map((finding) => plainLine(run.runId, finding)).join('\n'),
    table: null,
  });
  if (output.format !== 'table') return;
  output.raw(`${headline(cli, run, now)}\n\n`);
  printFindings(cli, findings);
}

function plainLine(runId: string, { kind, message, commands }: Finding): string {
  return [runId, kind, clean(message), commands[0] ?? ''].join('\t');
}

function headline({ output }: Cli, run: RunSummary, now: number): string {
  const { style } = output.show;
  const since = isFinished(run.status)
    ? ''
    : style.dim(`, last change ${relative(run.updatedAt, now)}`);
  const progress = run.progress === null ? '' : `\n${progressText(run.progress)}`;
  return `${style.bold(run.runId)}  ${clean(run.workflowName)}  ${showStatus(run.status, style)}${since}${progress}`;
}
