import type { BackfillResult } from '../../../client/schedules-client.ts';
import { isoTime } from '../../../core/clock.ts';
import type { OverlapPolicy } from '../../../core/schedule.ts';
import type { Cli } from '../../cli-context.ts';
import { discoverIfConfigured } from '../../discover-if-configured.ts';
import { findSchedule } from '../../find-schedule.ts';
import { instant } from '../../parse-time.ts';
import { UsageError } from '../../usage-error.ts';
import { localText } from '../../views/preview-view.ts';

export interface BackfillFlags {
  readonly start: string;
  readonly end: string;
  readonly overlap?: OverlapPolicy;
  readonly limit?: number;
  readonly dryRun?: true;
}

export async function backfillSchedule(
  cli: Cli,
  id: string,
  { start, end, overlap, limit, dryRun }: BackfillFlags,
): Promise<void> {
  const now = cli.clock.now();
  const range = {
    start: new Date(instant('--start', start, now) as number),
    end: new Date(instant('--end', end, now) as number),
  };
  if (range.start >= range.end) throw new UsageError('--end must be after --start');
  await discoverIfConfigured(cli);
  const client = await cli.client();
  const schedule = await findSchedule(client, id);
  const options = { ...range, overlap, limit, dryRun };
  const result = await client.schedules.backfill(schedule.scheduleId, options);
  const zone = (schedule.spec as { timezone?: string }).timezone ?? 'UTC';
  report(cli, result, range, zone);
}

function report(
  { output }: Cli,
  result: BackfillResult,
  range: { start: Date; end: Date },
  zone: string,
): void {
  const { scheduleId, dryRun, runsCreated, alreadyThere, skipped, runIds, occurrences } = result;
  output.result({
    json: {
      schedule_id: scheduleId,
      start_time: isoTime(range.start.getTime()),
      end_time: isoTime(range.end.getTime()),
      runs_created: runsCreated,
      run_ids: runIds,
      dry_run: dryRun,
      already_there: alreadyThere,
      skipped,
      occurrences: occurrences.map(isoTime),
    },
    plain: lines(dryRun ? occurrences.map(isoTime) : runIds),
    table: lines(dryRun ? occurrences.map((at) => localText(zone, at)) : runIds),
  });
  const there = alreadyThere === 0 ? '' : `, ${alreadyThere} had one already`;
  const refused = skipped === 0 ? '' : `, ${skipped} refused by the overlap policy`;
  if (occurrences.length === 0) {
    output.warn(`${scheduleId} has no occurrence in that range: nothing is started`);
  } else if (dryRun) {
    const open = occurrences.length - alreadyThere;
    output.info(`${open} of ${occurrences.length} occurrences would get a run${there}.`);
  } else {
    output.success(
      `${runsCreated} of ${occurrences.length} occurrences got a run${there}${refused}`,
    );
  }
}

function lines(values: readonly string[]): string | null {
  return values.length === 0 ? null : values.join('\n');
}
