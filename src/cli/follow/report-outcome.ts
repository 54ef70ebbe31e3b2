import { formatDuration } from '../../core/duration.ts';
import type { RunRecord } from '../../core/run.ts';
import type { Cli } from '../cli-context.ts';
import { clean } from '../output/text.ts';
import { outcomeJson, outcomeLine } from '../views/outcome-view.ts';
import { errorHint, errorLine, pretty } from '../views/run-view.ts';

/** The end of a run that somebody waited for: its result on stdout, how it went on stderr. */
export function reportOutcome({ output }: Cli, run: RunRecord, runtime: string): void {
  output.result({
    json: outcomeJson(run, runtime),
    plain: outcomeLine(run),
    table: run.status === 'completed' ? pretty(run.result) || null : null,
  });
  if (output.format === 'json') return;
  const workflow = clean(run.workflowName);
  const time = formatDuration(
    (run.completedAt ?? run.updatedAt) - (run.startedAt ?? run.createdAt),
  );
  const after = `after ${time} ${output.style.dim(`(${run.runId})`)}`;
  const why = run.error === null ? '' : `\n  ${errorLine(run.error)}`;
  if (run.status === 'completed') {
    output.success(`${workflow} completed in ${time} ${output.style.dim(`(${run.runId})`)}`);
  } else if (run.status === 'failed') {
    output.error(`${workflow} failed ${after}${why}`, errorHint(run.error));
  } else if (run.status === 'interrupted') {
    const hint = errorHint(run.error) ?? `When it can go on: pyworkflow runs resume ${run.runId}`;
    output.error(`${workflow} is parked ${after}${why}`, hint);
  } else {
    output.warn(`${workflow} is ${run.status.replaceAll('_', ' ')} ${after}`);
  }
}
