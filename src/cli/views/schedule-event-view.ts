import { isoTime } from '../../core/clock.ts';
import type { ScheduleEvent } from '../../core/schedule.ts';
import type { Column, Listing } from '../output/output.ts';
import { brief } from '../output/text.ts';
import { relative } from '../output/time.ts';

const columns: readonly Column<ScheduleEvent>[] = [
  { header: '#', isId: true, value: (event) => String(event.sequence) },
  { header: 'EVENT', isId: true, value: (event) => event.type },
  {
    header: 'WHEN',
    isId: true,
    value: (event, { style, now }) => style.dim(relative(event.timestamp, now)),
    plain: (event) => isoTime(event.timestamp),
  },
  {
    header: 'DETAIL',
    value: (event) => brief(detail(event), 300),
    plain: (event) => JSON.stringify(event.data),
  },
];

export const scheduleEventListing: Listing<ScheduleEvent> = {
  columns,
  json: ({ sequence, type, timestamp, data }) => {
    return { sequence, type, timestamp: isoTime(timestamp), data };
  },
  empty: 'Nothing has become of this schedule yet.',
};

function detail({ type, data }: ScheduleEvent): string {
  switch (type) {
    case 'schedule.created':
      return `${data.workflow_name}, overlap ${data.overlap_policy}`;
    case 'schedule.updated':
      return JSON.stringify(data.changes);
    case 'schedule.paused':
    case 'schedule.deleted':
      return data.reason ?? '';
    case 'schedule.resumed':
      return data.next_run_time === null ? 'it has no next run' : `next run ${data.next_run_time}`;
    case 'schedule.triggered':
      return `${data.scheduled_time ?? 'by hand'} → ${data.workflow_run_id}`;
    case 'schedule.skipped':
      return `${data.count === 1 ? data.scheduled_time : `${data.count} from ${data.scheduled_time} to ${data.until}`}: ${data.reason}`;
    case 'schedule.backfill_started':
      return `${data.expected_runs} from ${data.start_time} to ${data.end_time}`;
    case 'schedule.backfill_completed':
      return `${data.runs_created} runs created`;
  }
}
