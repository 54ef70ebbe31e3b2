import type { Client } from '../client/client.ts';
import type { WorkflowEvent } from '../core/event.ts';
import type { Json } from '../core/json.ts';

/** How everything ended, in a form in which two times can be compared. */
export interface Ending {
  /** Of every run, in an order that does not depend on ids. */
  readonly runs: readonly Json[];
  /** The same value with the ids of these runs replaced by their places. */
  plain(value: unknown): unknown;
}

const PAGE = 500;

export async function endingOf(client: Client): Promise<Ending> {
  const runs: { readonly runId: string; readonly place: string; readonly facts: Json }[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await client.runs.list({ limit: PAGE, ...(cursor && { cursor }) });
    for (const run of page.items) {
      const { runId, workflowName, status } = run;
      const { result, error } = await client.runs.get(runId);
      const events = await client.runs.events(runId);
      const facts = { workflow: workflowName, status, result, error: error?.message ?? null };
      const place = `${workflowName} ${run.createdAt} ${run.childId ?? ''}`;
      runs.push({ runId, place, facts: { ...facts, steps: stepResults(events) } });
    }
    cursor = page.nextCursor;
  }
  runs.sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  const ids = new Map(runs.map(({ runId }, index) => [runId, `run ${index + 1}`]));
  const plain = (value: unknown) => withoutIds(value, ids);
  return { runs: runs.map(({ facts }) => plain(facts) as Json), plain };
}

function stepResults(events: readonly WorkflowEvent[]): Json {
  const results: { [stepId: string]: Json } = {};
  for (const { type, data } of events) {
    if (type === 'step.completed') results[data.step_id] = data.result;
    if (type === 'step.failed' && !data.is_retryable) results[data.step_id] = data.error.message;
  }
  return results;
}

/** Ids are drawn at random; where one stands in a text, its run's place stands instead. */
function withoutIds(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/run_[0-9a-f]{16}/g, (id) => ids.get(id) ?? id);
  if (Array.isArray(value)) return value.map((item) => withoutIds(item, ids));
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutIds(item, ids)]),
  );
}
