import { isoTime } from '../../core/clock.ts';
import type { WorkflowEvent } from '../../core/event.ts';
import { eventId } from '../../core/id.ts';
import type { Column } from '../output/output.ts';
import { clockTime } from '../output/time.ts';
import { eventDetail } from './event-detail.ts';

export const eventColumns: readonly Column<WorkflowEvent>[] = [
  { header: '#', isId: true, value: (event) => String(event.sequence) },
  { header: 'EVENT', isId: true, value: (event) => event.type },
  {
    header: 'TIME',
    isId: true,
    value: (event, { style }) => style.dim(clockTime(event.timestamp)),
    plain: (event) => isoTime(event.timestamp),
  },
  {
    header: 'DETAIL',
    value: eventDetail,
    plain: (event) => JSON.stringify(publicData(event)),
  },
];

export function eventJson(runId: string, event: WorkflowEvent) {
  return {
    event_id: eventId(runId, event.sequence),
    sequence: event.sequence,
    type: event.type,
    timestamp: isoTime(event.timestamp),
    data: publicData(event),
  };
}

/** The data without what must not leave the store. */
export function publicData(event: WorkflowEvent): object {
  if (event.type !== 'workflow.started') return event.data;
  const { secret: _, draws_from: __, ...data } = event.data;
  return data;
}

/** `step_completed` means `step.completed` too, in any case. */
export function matchesFilter(event: WorkflowEvent, filters: readonly string[]): boolean {
  const flat = (text: string) => text.toLowerCase().replaceAll('_', '.');
  const type = flat(event.type);
  return filters.length === 0 || filters.some((filter) => type.includes(flat(filter)));
}
