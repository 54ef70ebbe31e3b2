import type { Cli } from '../../cli-context.ts';
import { findSchedule } from '../../find-schedule.ts';
import { scheduleDocument } from '../../views/schedule-view.ts';

export async function showSchedule(cli: Cli, id: string): Promise<void> {
  const schedule = await findSchedule(await cli.client(), id);
  cli.output.document(schedule, scheduleDocument);
  if (cli.output.format !== 'table') return;
  const { scheduleId, status } = schedule;
  if (status === 'paused') {
    cli.output.hint(`Let it fire again: pyworkflow schedules resume ${scheduleId}`);
  } else if (status === 'active') {
    cli.output.hint(`What became of its times: pyworkflow schedules explain ${scheduleId}`);
  }
}
