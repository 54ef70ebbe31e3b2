import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isoTime } from '../../../core/clock.ts';
import { messageOf } from '../../../core/errors.ts';
import type { WorkflowEvent } from '../../../core/event.ts';
import type { Cli } from '../../cli-context.ts';
import { toJson } from '../../output/output.ts';
import { UsageError } from '../../usage-error.ts';
import { eventJson } from '../../views/event-view.ts';
import { runJson } from '../../views/run-view.ts';

export const EXPORT_FORMAT = 'pyworkflow.run/1';

/** One document, in every format: the record and the history, without secrets. */
export async function exportRun(
  cli: Cli,
  id: string,
  { file }: { readonly file?: string },
): Promise<void> {
  const client = await cli.client();
  const run = await client.runs.get(id);
  const events = await client.runs.events(run.runId);
  const document = {
    format: EXPORT_FORMAT,
    exported_at: isoTime(cli.clock.now()),
    run: runJson(run),
    events: events.map((event) => eventJson(run.runId, withoutToken(run.runId, event))),
  };
  if (file === undefined || file === '-') {
    const json = toJson(document);
    cli.output.result({ json: document, plain: json, table: json });
    return;
  }
  const path = resolve(cli.io.cwd, file);
  await writeFile(path, `${toJson(document)}\n`).catch((error: unknown) => {
    throw new UsageError(`--file: cannot write ${file}: ${messageOf(error)}`);
  });
  const result = { run_id: run.runId, file: path, events: events.length };
  cli.output.result({ json: result, plain: [run.runId, path].join('\t'), table: null });
  cli.output.success(`${events.length} events of ${run.runId} are in ${file}`);
  cli.output.hint(`Replay it against today's code: pyworkflow workflows check --file ${file}`);
}

/** Whoever has a hook's token may answer it: it does not travel in files. */
function withoutToken(runId: string, event: WorkflowEvent): WorkflowEvent {
  if (event.type !== 'hook.created') return event;
  const token = `${runId}:${event.data.hook_id}`;
  const url = event.data.url.replaceAll(event.data.token, token);
  return { ...event, data: { ...event.data, token, url } };
}
