import { messageOf } from '../core/errors.ts';
import { type LogFormat, logSettings } from './log-settings.ts';
import type { Logger, LogLevel } from './logger.ts';
import { applyLogging } from './logging.ts';
import type { Observer } from './observer.ts';

/** Null leaves what the process logs as it is. */
export interface ObservationSettings {
  readonly tracing: boolean;
  readonly metrics: boolean;
  readonly logLevel: LogLevel | null;
  readonly logFormat: LogFormat | null;
  /** Absolute. */
  readonly logFile: string | null;
}

export interface Observation {
  /** Undefined where nobody wants to know: the executor then pays nothing. */
  readonly observer: Observer | undefined;
  /** The metrics in the text format of Prometheus; null where they are not enabled. */
  readonly metrics: (() => Promise<string>) | null;
}

/**
 * Sets up what is wanted, and loads nothing else.
 * @throws MissingDependencyError if a package is missing that a wanted part needs,
 *   ConfigurationError if the log file cannot be opened
 */
export async function observe(settings: ObservationSettings, log: Logger): Promise<Observation> {
  const { tracing, metrics, logLevel, logFormat, logFile } = settings;
  if (logLevel !== null || logFormat !== null || logFile !== null) {
    applyLogging('config', {
      level: logLevel ?? undefined,
      format: logFormat ?? undefined,
      file: logFile ?? undefined,
    });
  }
  const observers: Observer[] = [];
  let text: Observation['metrics'] = null;
  if (tracing) observers.push(await (await import('./tracing.ts')).loadTracing());
  if (metrics) {
    const loaded = await (await import('./metrics.ts')).loadMetrics();
    observers.push(loaded.observer);
    text = loaded.text;
  }
  if (logSettings().level === 'debug') {
    observers.push((await import('./log-observer.ts')).createLogObserver(log));
  }
  if (observers.length === 0) return { observer: undefined, metrics: text };
  const { combineObservers } = await import('./combine-observers.ts');
  const onError = (error: unknown) =>
    log.error('an observer failed; the run goes on', { error: messageOf(error) });
  return { observer: combineObservers(observers, onError), metrics: text };
}
