import { systemClock } from '../core/clock.ts';
import { type Duration, parseDuration } from '../core/duration.ts';
import { ValidationError } from '../core/errors.ts';
import { currentContext } from '../workflow/context.ts';
import { checkName } from '../workflow/define-workflow.ts';

/**
 * Suspends the run: nothing is held in memory meanwhile, and it survives restarts.
 * In a step or outside of workflows it just waits.
 *
 * @param until a duration (`'1h30m'`, seconds, `{ minutes: 5 }`), a Date, or an ISO instant with an
 *   offset. A past instant returns at once.
 * @param options.name shown in the history.
 * @throws ValidationError for what is neither, and for a bad name; CancellationError when the run is cancelled.
 */
export function sleep(until: Duration | Date, options: { name?: string } = {}): Promise<void> {
  const context = currentContext();
  if (options.name !== undefined) checkName('sleep', options.name);
  const target = typeof until === 'string' ? (parseInstant(until) ?? until) : until;
  if (context?.kind === 'workflow') return context.sleep(target, options);
  const ms = target instanceof Date ? target.getTime() - systemClock.now() : parseDuration(target);
  return waitHere(ms, context?.signal);
}

function waitHere(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      callOff();
      reject(signal?.reason);
    };
    const callOff = systemClock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

const INSTANT = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** @throws ValidationError for an instant without an offset: where it lies would depend on the machine. */
function parseInstant(text: string): Date | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const date = new Date(text);
  if (match[4] === undefined || Number.isNaN(date.getTime())) {
    const message =
      match[4] === undefined
        ? `'${text}' has no offset; write '${text}Z' or '${text}+01:00'`
        : `'${text}' is no existing instant`;
    throw new ValidationError('sleep()', [{ path: '', message }]);
  }
  return date;
}
