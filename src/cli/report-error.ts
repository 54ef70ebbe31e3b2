import { PyWorkflowError } from '../core/errors.ts';
import type { Format } from './options.ts';
import { type Output, withCommand } from './output/output.ts';
import { Interrupted, UsageError } from './usage-error.ts';

export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: unknown;
  readonly stack: string | null;
}

/** Any error in the four parts that scripts and people get. */
export function describeError(error: unknown, command: string): ErrorReport {
  const stack = error instanceof Error ? (error.stack ?? null) : null;
  if (error instanceof UsageError || PyWorkflowError.is(error)) {
    const hint = error.hint === undefined ? null : withCommand(error.hint, command);
    const { code, message, details } = error;
    return { code, message, hint, details, stack };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: 'UNEXPECTED',
    message: `Unexpected error, most likely a defect in pyworkflow: ${message}`,
    hint: 'Run it again with --verbose for the stack.',
    details: {},
    stack,
  };
}

/** Tells about an error that ended the command. */
export function reportError(error: unknown, output: ErrorSink, command: string): void {
  if (error instanceof Interrupted) return;
  const { code, message, hint, details, stack } = describeError(error, command);
  if (output.format === 'json') {
    const shown = output.isVerbose
      ? { code, message, hint, details, stack }
      : { code, message, hint, details };
    output.write(`${JSON.stringify({ error: shown })}\n`);
    return;
  }
  output.error(message, hint ?? undefined);
  if (output.isVerbose && stack !== null) output.write(`${stack}\n`);
}

export interface ErrorSink extends Pick<Output, 'isVerbose' | 'error'> {
  readonly format: Format;
  /** To stderr. */
  write(text: string): void;
}
