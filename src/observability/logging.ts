import { resolve } from 'node:path';
import { types } from 'node:util';
import { ConfigurationError, messageOf } from '../core/errors.ts';
import { type Context, currentContext } from '../workflow/context.ts';
import {
  isWritten,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLayer,
  logSettings,
  setLogging,
} from './log-settings.ts';
import type { LineLevel, LogFields, Logger, LogLevel } from './logger.ts';
import { toPlain } from './plain.ts';
import { writeLine } from './write-line.ts';

export interface LoggingOptions {
  /** The lowest one that is written. Default: info, and warn for what the engine itself says. */
  readonly level?: LogLevel;
  /** One line of text a line, or one JSON object. Default text. */
  readonly format?: LogFormat;
  /** Lines are appended to it instead of going to stderr. It is not rotated. */
  readonly file?: string;
  /** Records the lines of workflows and steps in the histories of their runs as well. Default false. */
  readonly history?: boolean;
}

/**
 * Sets how this process logs: its workflows, its steps and the engine. What it does not say comes
 * from the configuration (`observability`); a later call replaces what an earlier one said.
 * @throws ConfigurationError for an unknown level or format, and if the file cannot be opened
 */
export function configureLogging(options: LoggingOptions = {}): void {
  oneOf('level', options.level, LOG_LEVELS);
  oneOf('format', options.format, LOG_FORMATS);
  const { file } = options;
  applyLogging('program', { ...options, file: file === undefined ? undefined : resolve(file) });
}

/** @throws ConfigurationError if the file cannot be opened; then nothing has changed */
export function applyLogging(source: 'program' | 'config', layer: LogLayer): void {
  try {
    setLogging(source, layer);
  } catch (error) {
    const why = `The log file ${layer.file} cannot be opened: ${messageOf(error)}`;
    throw new ConfigurationError(why, { hint: 'Name another one, or none to log to stderr' });
  }
}

/**
 * A logger for workflows, steps and everything they call. Its lines carry the run and the step they
 * come from, and a workflow that is replayed does not say again what it has said.
 *
 * Its methods never throw, whatever the fields hold.
 * @param name shown as `logger`
 * @param options.history true records its lines in the run's history as well, whatever the level
 */
export function getLogger(name?: string, options: { readonly history?: boolean } = {}): Logger {
  const named = name === undefined ? {} : { logger: name };

  function log(level: LineLevel, message: string, given: unknown): void {
    const context = currentContext();
    if (context?.kind === 'workflow' && context.isReplaying) return;
    const settings = logSettings();
    const fields = fieldsOf(given);
    if (isWritten(level, settings.level ?? 'info')) {
      writeLine({ level, message, head: { ...named, ...placeOf(context) }, fields });
    }
    if (options.history ?? settings.history) recordLine(context, level, message, fields, named);
  }

  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
}

function recordLine(
  context: Context | undefined,
  level: LineLevel,
  message: string,
  fields: LogFields,
  named: LogFields,
): void {
  try {
    context?.recordLog(level, String(message), { ...(toPlain(fields) as LogFields), ...named });
  } catch {
    // A log call has no way to fail.
  }
}

/** Without types, people pass an error or a text. */
function fieldsOf(given: unknown): LogFields {
  if (given === undefined || given === null) return {};
  if (types.isNativeError(given)) return { error: given };
  return typeof given === 'object' ? (given as LogFields) : { value: given };
}

function placeOf(context: Context | undefined): LogFields {
  if (context === undefined) return {};
  const run = { run_id: context.runId, workflow: context.workflowName };
  if (context.kind === 'workflow') return run;
  const { stepId, stepName, attempt } = context;
  return { ...run, step_id: stepId, step: stepName, attempt };
}

function oneOf(key: string, value: unknown, known: readonly string[]): void {
  if (value === undefined || known.some((name) => name === value)) return;
  const list = known.join(', ');
  throw new ConfigurationError(`The log ${key} must be one of ${list}, not ${String(value)}`);
}
