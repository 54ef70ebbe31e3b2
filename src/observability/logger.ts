import { isWritten, logSettings } from './log-settings.ts';
import { writeLine } from './write-line.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LineLevel = Exclude<LogLevel, 'silent'>;

/** Where lines are put. A field may hold anything: what has no JSON form is described. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = { readonly [key: string]: unknown };

/**
 * What the engine says while it works, with plain facts such as `run_id` as fields. It goes where
 * the lines of workflows and steps go.
 * @param options.level default: that of the process, and `warn` where nobody has set one.
 */
export function createLogger(options: { level?: LogLevel } = {}): Logger {
  const write =
    (level: LineLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (!isWritten(level, options.level ?? logSettings().level ?? 'warn')) return;
      writeLine({ level, message, head: {}, fields });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
