import type { WorkflowEvent } from '../../../core/event.ts';
import type { Cli } from '../../cli-context.ts';
import { toJson } from '../../output/output.ts';
import { brief } from '../../output/text.ts';
import { clockTime } from '../../output/time.ts';
import { Interrupted } from '../../usage-error.ts';
import { eventDetail } from '../../views/event-detail.ts';
import { eventColumns, eventJson, matchesFilter, publicData } from '../../views/event-view.ts';

export interface RunLogsOptions {
  readonly filter?: readonly string[];
  readonly follow?: true;
}

export async function showLogs(cli: Cli, id: string, options: RunLogsOptions): Promise<void> {
  const client = await cli.client();
  const runId = await client.runs.resolveId(id);
  const filters = options.filter ?? [];
  if (options.follow) {
    const events = client.runs.follow(runId, { signal: cli.signal });
    await streamEvents(cli, runId, filtered(events, filters));
    if (cli.signal.aborted) throw new Interrupted();
    return;
  }
  const events = (await client.runs.events(runId)).filter((e) => matchesFilter(e, filters));
  if (cli.output.isVerbose && cli.output.format === 'table') {
    for (const event of events) cli.output.raw(`${block(cli, event)}\n`);
    return;
  }
  const empty = filters.length > 0 ? 'No event fits the filter.' : 'No events.';
  await cli.output.list(events, {
    columns: eventColumns,
    json: (event) => eventJson(runId, event),
    empty,
  });
}

async function* filtered(events: AsyncIterable<WorkflowEvent>, filters: readonly string[]) {
  for await (const event of events) if (matchesFilter(event, filters)) yield event;
}

/** Events as they come; the JSON form is one array all the same. */
async function streamEvents(
  { output }: Cli,
  runId: string,
  events: AsyncIterable<WorkflowEvent>,
): Promise<void> {
  if (output.format !== 'json') {
    for await (const event of events) {
      if (output.format === 'plain') {
        await output.list([event], { columns: eventColumns, json: () => null, empty: '' });
      } else output.raw(`${row(output, event)}\n`);
    }
    return;
  }
  let separator = '[\n';
  for await (const event of events) {
    output.raw(`${separator}${toJson(eventJson(runId, event))}`);
    separator = ',\n';
  }
  output.raw(separator === '[\n' ? '[]\n' : '\n]\n');
}

/** One line that needs no knowledge of the lines to come. */
function row({ show, width }: Cli['output'], event: WorkflowEvent): string {
  const { dim } = show.style;
  const head = `${String(event.sequence).padStart(4)}  ${event.type.padEnd(22)}`;
  const room = Math.min(Math.max(20, width - head.length - 16), 200);
  return `${head}  ${dim(clockTime(event.timestamp))}  ${brief(eventDetail(event), room)}`;
}

function block({ output }: Cli, event: WorkflowEvent): string {
  const { bold, dim } = output.show.style;
  const head = `${event.sequence}  ${bold(event.type)}  ${dim(clockTime(event.timestamp))}`;
  return `${head}\n${toJson(publicData(event)).replaceAll(/^/gm, '   ')}`;
}
