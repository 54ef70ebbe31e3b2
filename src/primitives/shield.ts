import { currentContext } from '../workflow/context.ts';

/**
 * Runs cleanup that cancellation must not interrupt: steps, sleeps and hooks inside `fn` work
 * although the run has been asked to stop. Outside of a workflow it just calls `fn`.
 */
export function shield<T>(fn: () => Promise<T>): Promise<T> {
  const context = currentContext();
  return context?.kind === 'workflow' ? context.shield(fn) : fn();
}
