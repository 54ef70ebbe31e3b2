import type { Client } from '../../../client/client.ts';
import type { ScheduleEvent } from '../../../core/schedule.ts';
import type { Cli } from '../../cli-context.ts';
import { findSchedule } from '../../find-schedule.ts';
import { scheduleEventListing } from '../../views/schedule-event-view.ts';

export interface ScheduleLogFlags {
  readonly filter?: readonly string[];
  readonly limit?: number;
}

export async function showScheduleLog(
  cli: Cli,
  id: string,
  { filter = [], limit }: ScheduleLogFlags,
): Promise<void> {
  const client = await cli.client();
  const { scheduleId } = await findSchedule(client, id);
  const found = (await wholeLog(client, scheduleId)).filter(({ type }) => fits(type, filter));
  const events = limit === undefined ? found : found.slice(-limit);
  const empty = filter.length > 0 ? 'No entry fits the filter.' : scheduleEventListing.empty;
  await cli.output.list(events, { ...scheduleEventListing, empty });
}

const PAGE = 1000;

/** All that the store has kept of a schedule's log. */
export async function wholeLog(client: Client, scheduleId: string): Promise<ScheduleEvent[]> {
  const events: ScheduleEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.sequence ?? 0;
    const page = await client.schedules.events(scheduleId, { after, limit: PAGE });
    events.push(...page);
    if (page.length < PAGE) return events;
  }
}

/** `backfill_started` means `schedule.backfill_started` too, in any case. */
function fits(type: string, filters: readonly string[]): boolean {
  const flat = (text: string) => text.toLowerCase().replaceAll('_', '.');
  return filters.length === 0 || filters.some((filter) => flat(type).includes(flat(filter)));
}
