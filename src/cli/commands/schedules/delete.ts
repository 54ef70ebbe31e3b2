import type { Cli } from '../../cli-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { findSchedule } from '../../find-schedule.ts';

export interface DeleteScheduleFlags {
  readonly force?: true;
  readonly reason?: string;
}

export async function deleteSchedule(
  cli: Cli,
  id: string,
  { force, reason }: DeleteScheduleFlags,
): Promise<number> {
  const { output } = cli;
  const client = await cli.client();
  const { scheduleId, workflowName } = await findSchedule(client, id);
  if (force !== true) {
    const question = `Delete schedule '${scheduleId}' for workflow '${workflowName}'?`;
    const isSure = await cli.prompts.confirm(question, { default: false, instead: '--force' });
    if (!isSure) {
      output.info('Nothing is deleted.');
      return EXIT.done;
    }
  }
  await client.schedules.delete(scheduleId, { ...(reason !== undefined && { reason }) });
  output.result({
    json: { schedule_id: scheduleId, deleted: true, workflow_name: workflowName },
    plain: [scheduleId, 'deleted'].join('\t'),
    table: null,
  });
  output.success(`Schedule ${scheduleId} is deleted; its runs and its log stay`);
  return EXIT.done;
}
