import type { Cli } from '../../cli-context.ts';
import { findSchedule } from '../../find-schedule.ts';
import { isoOrNull } from '../../output/time.ts';
import { reportSchedule } from './report-schedule.ts';

export async function pauseSchedule(
  cli: Cli,
  id: string,
  { reason }: { readonly reason?: string },
): Promise<void> {
  const client = await cli.client();
  const { scheduleId } = await findSchedule(client, id);
  const schedule = await client.schedules.pause(scheduleId, {
    ...(reason !== undefined && { reason }),
  });
  reportSchedule(cli, schedule, `Schedule ${scheduleId} is paused; runs under way go on`);
  cli.output.hint(`Let it fire again: pyworkflow schedules resume ${scheduleId}`);
}

export async function resumeSchedule(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  const { scheduleId, pausedAt } = await findSchedule(client, id);
  const schedule = await client.schedules.resume(scheduleId);
  reportSchedule(cli, schedule, `Schedule ${scheduleId} fires again`);
  if (pausedAt === null) return;
  const range = `--start ${isoOrNull(pausedAt)} --end ${isoOrNull(cli.clock.now())}`;
  cli.output.hint(`Make up for the pause: pyworkflow schedules backfill ${scheduleId} ${range}`);
}
