import type { CheckRuns } from '../client/client.ts';
import type { WorkflowEvent } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import type { Io } from './io.ts';
import { readJsonFile } from './read-input.ts';
import { UsageError } from './usage-error.ts';

type History = NonNullable<CheckRuns['histories']>[number];

type Fields = { readonly [key: string]: Json };

/**
 * A history as `runs export` writes it, or the bare array of `runs logs --json`.
 * @param path or `-` for stdin
 * @throws UsageError for a file that holds neither
 */
export async function readHistory(io: Io, path: string): Promise<History> {
  const document = await readJsonFile(io, path, '--file');
  const wrong = (why: string) =>
    new UsageError(
      `--file ${path}: ${why}`,
      'Write one with: pyworkflow runs export <id> --file run.json',
    );
  if (typeof document !== 'object' || document === null) throw wrong('it is no exported run');
  const { run = {}, events } = (
    Array.isArray(document) ? { events: document } : document
  ) as Fields;
  if (!Array.isArray(events)) throw wrong('it is no exported run: it has no events');
  const history = events.map((event, index) => {
    const found = eventOf(event as Fields, index + 1);
    if (found === null) throw wrong(`event ${index + 1} is none`);
    return found;
  });
  const [first] = history;
  if (first?.type !== 'workflow.started') throw wrong('it does not begin with workflow.started');
  const record = run as Fields;
  return {
    runId: typeof record.run_id === 'string' ? record.run_id : path,
    workflowName: first.data.workflow_name,
    events: history,
    ...(isObject(record.metadata) && { metadata: record.metadata }),
    ...(typeof record.nesting_depth === 'number' && { nestingDepth: record.nesting_depth }),
    ...(typeof record.parent_run_id === 'string' && { parentRunId: record.parent_run_id }),
    ...(typeof record.scheduled_time === 'string' && {
      scheduledAt: Date.parse(record.scheduled_time),
    }),
  };
}

function eventOf(event: Fields, sequence: number): WorkflowEvent | null {
  const { type, timestamp, data } = event ?? {};
  if (typeof type !== 'string' || typeof timestamp !== 'string' || !isObject(data ?? null))
    return null;
  const at = Date.parse(timestamp);
  if (Number.isNaN(at) || event.sequence !== sequence) return null;
  return { type, sequence, timestamp: at, data } as unknown as WorkflowEvent;
}

function isObject(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
