import { type LogSink, openLogSink } from './log-sink.ts';
import type { LineLevel, LogLevel } from './logger.ts';

/** From the most to the least said. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What one source says about the log lines of this process; undefined where it says nothing. */
export interface LogLayer {
  readonly level?: LogLevel | undefined;
  readonly format?: LogFormat | undefined;
  /** Absolute. */
  readonly file?: string | undefined;
  readonly history?: boolean | undefined;
}

export interface LogSettings {
  /** Undefined where nobody has set one: users' lines then start at `info`, the engine's at `warn`. */
  readonly level: LogLevel | undefined;
  readonly format: LogFormat;
  readonly history: boolean;
  readonly sink: LogSink;
}

interface Shared {
  program: LogLayer;
  config: LogLayer;
  file: string | undefined;
  settings: LogSettings;
}

// One for all copies of the package in a process: a workflow module may load its own.
const KEY = Symbol.for('pyworkflow.logging.1');
const holder = globalThis as { [KEY]?: Shared };

export function logSettings(): LogSettings {
  return shared().settings;
}

/**
 * Replaces what the program, or what the configuration, says. The program has the last word.
 * @throws what opening the file throws; then nothing has changed
 */
export function setLogging(source: 'program' | 'config', layer: LogLayer): void {
  const now = shared();
  const program = source === 'program' ? layer : now.program;
  const config = source === 'config' ? layer : now.config;
  const file = program.file ?? config.file;
  const before = now.settings.sink;
  const sink = file === now.file ? before : openLogSink(file);
  Object.assign(now, { program, config, file });
  now.settings = {
    level: program.level ?? config.level,
    format: program.format ?? config.format ?? 'text',
    history: program.history ?? config.history ?? false,
    sink,
  };
  if (sink !== before) before.close();
}

export function isWritten(level: LineLevel, threshold: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(threshold);
}

function shared(): Shared {
  holder[KEY] ??= {
    program: {},
    config: {},
    file: undefined,
    settings: { level: undefined, format: 'text', history: false, sink: openLogSink(undefined) },
  };
  return holder[KEY];
}
