import type { Cli } from '../../cli-context.ts';
import { findSchedule } from '../../find-schedule.ts';
import { hasTiming, readSpec, type TimingOptions } from '../../schedule-timing.ts';
import { UsageError } from '../../usage-error.ts';
import { markClockChanges, previewListing } from '../../views/preview-view.ts';

export interface PreviewFlags extends TimingOptions {
  readonly count?: number;
}

/** The next times of a schedule, or of a timing that nobody has created yet. */
export async function previewSchedule(
  cli: Cli,
  id: string | undefined,
  options: PreviewFlags,
): Promise<void> {
  const { count = 10 } = options;
  if (id !== undefined && hasTiming(options)) {
    throw new UsageError('Give the id of a schedule or a timing, not both');
  }
  const now = cli.clock.now();
  const spec = id === undefined ? readSpec(options, now) : null;
  const client = await cli.client();
  if (spec !== null) {
    const next = await client.schedules.preview(spec, count);
    return cli.output.list(markClockChanges(next, spec.timezone ?? 'UTC', now), previewListing);
  }
  const schedule = await findSchedule(client, id as string);
  const zone = (schedule.spec as { timezone?: string }).timezone ?? 'UTC';
  const next = await client.schedules.preview(schedule.scheduleId, count);
  await cli.output.list(markClockChanges(next, zone, now), previewListing);
  if (schedule.status === 'paused') {
    cli.output.warn(`${schedule.scheduleId} is paused: none of these fires until it is resumed`);
    cli.output.hint(`Resume it: pyworkflow schedules resume ${schedule.scheduleId}`);
  }
}
