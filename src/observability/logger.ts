export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What the engine says while it works. Fields are plain facts such as `run_id`. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = { readonly [key: string]: unknown };

const RANK: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  silent: 4,
};

/**
 * Lines on stderr, so that stdout stays the program's own.
 * @param options.json one JSON object a line instead of text.
 */
export function createLogger(options: { level: LogLevel; json?: boolean }): Logger {
  const write =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: LogFields = {}) => {
      if (RANK[level] < RANK[options.level]) return;
      const time = new Date().toISOString();
      const line = options.json
        ? JSON.stringify({ time, level, message, ...fields })
        : [
            time,
            level.toUpperCase(),
            message,
            ...Object.entries(fields).map(([k, v]) => `${k}=${String(v)}`),
          ].join(' ');
      process.stderr.write(`${line}\n`);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
