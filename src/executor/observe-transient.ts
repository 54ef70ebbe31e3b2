import { encodeError } from '../core/error-codec.ts';
import { CancellationError } from '../core/errors.ts';
import type { ObservedRun, Observer } from '../observability/observer.ts';

/** Does the work of a run that no store holds, and tells the observer of it. */
export function observeTransient<T>(
  observer: Observer | undefined,
  run: Pick<ObservedRun, 'runId' | 'workflowName' | 'parentRunId'>,
  work: () => Promise<T>,
): Promise<T> {
  if (observer === undefined) return work();
  const none = { continuedFromRunId: null, forkedFromRunId: null, startedAt: null };
  const observed = { ...run, ...none };
  observer.runStarted(observed);
  observer.runOpened(observed);
  const result = work();
  result.then(
    () => observer.runEnded(observed, 'completed', null),
    (error) => {
      const status = CancellationError.is(error, 'CANCELLED') ? 'cancelled' : 'failed';
      observer.runEnded(observed, status, encodeError(error));
    },
  );
  return result;
}
