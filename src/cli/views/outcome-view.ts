import type { RunRecord } from '../../core/run.ts';
import { brief } from '../output/text.ts';
import { errorJson, errorLine, shown } from './run-view.ts';

/** What scripts that waited for a run get, however they waited. */
export function outcomeJson(run: RunRecord, runtime: string) {
  return {
    run_id: run.runId,
    workflow_name: run.workflowName,
    runtime,
    status: run.status,
    result: shown(run.result),
    error: errorJson(run.error),
  };
}

/** The same for `cut`: id, status, result or error. */
export function outcomeLine(run: RunRecord): string {
  const end = run.error ? errorLine(run.error) : brief(shown(run.result), Number.POSITIVE_INFINITY);
  return [run.runId, run.status, end].join('\t');
}
