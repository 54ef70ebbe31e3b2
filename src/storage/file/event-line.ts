import type { NewEvent, WorkflowEvent } from '../../core/event.ts';

/** A line of a run's log, with its end. */
export function eventLine({ type, timestamp, data }: NewEvent, sequence: number): string {
  // JSON allows line breaks between its parts; a line must not.
  const inOneLine = /[\r\n]/.test(data) ? data.replace(/[\r\n]+/g, ' ') : data;
  return `{"sequence":${sequence},"type":"${type}","timestamp":${timestamp},"data":${inOneLine}}\n`;
}

const HEAD = /^\{"sequence":(\d+),"type":"([a-z_.]+)"/;
const HEAD_BYTES = 100;

/** What a line says before its data: enough to know whether the rest is wanted. */
export interface EventLine {
  readonly sequence: number;
  readonly type: string;
  readonly parse: () => WorkflowEvent;
}

/** The lines of a log, or of a part of it; null in the place of what is no line. */
export function* eventLines(bytes: Buffer): Generator<EventLine | null> {
  let at = 0;
  while (at < bytes.length) {
    const newline = bytes.indexOf(0x0a, at);
    const end = newline < 0 ? bytes.length : newline;
    const from = at;
    const head = HEAD.exec(bytes.toString('latin1', from, Math.min(end, from + HEAD_BYTES)));
    if (head === null || newline < 0) {
      yield null;
      return;
    }
    yield {
      sequence: Number(head[1]),
      type: head[2] ?? '',
      parse: () => JSON.parse(bytes.toString('utf8', from, end)),
    };
    at = newline + 1;
  }
}
