import type { Json } from '../core/json.ts';
import type { RunSummary } from '../core/run.ts';
import type { RunFilter } from './store.ts';

/** What of a run the filters but `query` look at. */
export type Filtered = Pick<
  RunSummary,
  'status' | 'workflowName' | 'createdAt' | 'parentRunId' | 'scheduleId' | 'tags'
>;

/** Whether a run passes all filters but `query`, which asks for its input. */
export function passes(run: Filtered, filter: RunFilter): boolean {
  return (
    (filter.statuses === undefined || filter.statuses.includes(run.status)) &&
    (filter.workflowName === undefined || filter.workflowName === run.workflowName) &&
    (filter.tag === undefined || run.tags.includes(filter.tag)) &&
    (filter.parentRunId === undefined || filter.parentRunId === run.parentRunId) &&
    (filter.scheduleId === undefined || filter.scheduleId === run.scheduleId) &&
    (filter.since === undefined || run.createdAt >= filter.since) &&
    (filter.until === undefined || run.createdAt < filter.until)
  );
}

/** Whether `query` is a part of the run's id, its workflow's name or its input. */
export function isFound(
  { runId, workflowName }: Pick<RunSummary, 'runId' | 'workflowName'>,
  input: Json,
  query: string,
): boolean {
  const text = foldCase(query);
  return [runId, workflowName, JSON.stringify(input)].some((part) => foldCase(part).includes(text));
}

/** Of the letters A to Z only, as in SQL. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
