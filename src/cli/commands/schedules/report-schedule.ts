import type { ScheduleRecord } from '../../../core/schedule.ts';
import type { Cli } from '../../cli-context.ts';
import { isoOrNull, relative } from '../../output/time.ts';
import { scheduleBriefJson, specText } from '../../views/schedule-view.ts';

/** What a schedule is after it was written. */
export function reportSchedule(
  { output }: Cli,
  schedule: ScheduleRecord,
  message: string,
  more: object = {},
): void {
  const { scheduleId, status, nextRunAt } = schedule;
  output.result({
    json: { ...scheduleBriefJson(schedule), ...more },
    plain: [scheduleId, status, isoOrNull(nextRunAt) ?? ''].join('\t'),
    table: null,
  });
  output.success(message);
  if (output.format !== 'table') return;
  const next =
    nextRunAt === null
      ? 'no next run'
      : `next run ${isoOrNull(nextRunAt)} (${relative(nextRunAt, output.show.now)})`;
  output.info(`  ${specText(schedule)}, ${next}`);
}
