import { ValidationError } from '../core/errors.ts';
import { currentContext } from '../workflow/context.ts';

/**
 * Says how far the run has come, from its body or from a step: shown beside it until the next
 * report. It is no part of the history, costs no write of its own in a workflow's body, and from a
 * step at most a few a second. Outside of both it does nothing.
 *
 * @param done in units of your own, of `total` if that is known
 * @throws ValidationError for what is no number
 */
export function reportProgress(done: number, total?: number, note?: string): void {
  for (const [path, value] of Object.entries({ done, total: total ?? 0 })) {
    if (Number.isFinite(value)) continue;
    throw new ValidationError('reportProgress()', [{ path, message: `is no number: ${value}` }]);
  }
  currentContext()?.reportProgress(done, total ?? null, note ?? null);
}
