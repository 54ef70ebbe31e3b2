import { systemClock } from '../core/clock.ts';
import { runInContext } from '../workflow/context.ts';
import { formatLine } from './format-line.ts';
import { type LogFormat, logSettings } from './log-settings.ts';
import type { LineLevel, LogFields } from './logger.ts';

export interface LogLine {
  readonly level: LineLevel;
  readonly message: string;
  /** Where it comes from; a user's field of the same name does not hide it. */
  readonly head: LogFields;
  readonly fields: LogFields;
}

/** The one way to the sink, for the engine and for users. Never throws. */
export function writeLine(line: LogLine): void {
  // Not in a workflow's context: there, the ticks and dates of the writing would be the code's own.
  runInContext(undefined, () => {
    const { sink, format } = logSettings();
    sink.write(`${formatSafely(line, format)}\n`);
  });
}

/** A log call has no way to fail: fields that cannot even be listed are left out. */
function formatSafely(line: LogLine, format: LogFormat): string {
  const now = systemClock.now();
  try {
    return formatLine(line, now, format);
  } catch {
    return formatLine({ ...line, fields: { fields: '[unreadable]' } }, now, format);
  }
}
