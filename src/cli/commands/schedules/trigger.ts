import type { OverlapPolicy } from '../../../core/schedule.ts';
import type { Cli } from '../../cli-context.ts';
import { discoverIfConfigured } from '../../discover-if-configured.ts';
import { EXIT } from '../../exit-codes.ts';
import { findSchedule } from '../../find-schedule.ts';

export async function triggerSchedule(
  cli: Cli,
  id: string,
  { overlap }: { readonly overlap?: OverlapPolicy },
): Promise<number> {
  const { output } = cli;
  await discoverIfConfigured(cli);
  const client = await cli.client();
  const { scheduleId, workflowName } = await findSchedule(client, id);
  const { runId } = await client.schedules.trigger(scheduleId, { overlap });
  const triggered = runId !== null;
  output.result({
    json: { schedule_id: scheduleId, triggered, workflow_name: workflowName, run_id: runId },
    plain: [scheduleId, runId ?? ''].join('\t'),
    table: runId,
  });
  if (!triggered) {
    output.warn(`Nothing is started: a run of ${scheduleId} is active, and --overlap ${overlap}`);
    output.hint(`Look at it: pyworkflow runs list --schedule ${scheduleId}`);
    return EXIT.failed;
  }
  output.success(`${workflowName} is recorded; a worker will run it`);
  output.hint(`Wait for it: pyworkflow runs wait ${runId}`);
  return EXIT.done;
}
