import type { Json } from '../core/json.ts';

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
  readonly details: { readonly [key: string]: Json } = {};
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Ctrl-C, or a stop signal: exit code 130. What there was to say has been said. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(signal = 'SIGINT') {
    super(`Interrupted by ${signal}`);
  }
}
