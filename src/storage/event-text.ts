import type { NewEvent, WorkflowEvent } from '../core/event.ts';

/** One history row: the events of one commit as a JSON array of `[type, timestamp, data]`. */
export function eventsToText(events: readonly NewEvent[]): string {
  let text = '[';
  for (const [index, event] of events.entries()) {
    text += `${index === 0 ? '' : ','}["${event.type}",${event.timestamp},${event.data}]`;
  }
  return `${text}]`;
}

/** @param first sequence of the row's first event. */
export function eventsFromText(text: string, first: number): WorkflowEvent[] {
  const rows = JSON.parse(text) as [WorkflowEvent['type'], number, WorkflowEvent['data']][];
  return rows.map(
    ([type, timestamp, data], index) =>
      ({ type, timestamp, data, sequence: first + index }) as WorkflowEvent,
  );
}
