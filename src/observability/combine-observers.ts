import type { Observer } from './observer.ts';

/**
 * Several observers as one that never throws: what watches a run must not be able to end it.
 * @param onError told what one of them threw
 */
export function combineObservers(
  observers: readonly Observer[],
  onError: (error: unknown) => void,
): Observer {
  function tell(call: (observer: Observer) => void): void {
    for (const observer of observers) {
      try {
        call(observer);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** Whatever the observer does, `run` is called exactly once. */
  function attemptWithin<T>(
    observer: Observer,
    step: Parameters<Observer['runAttempt']>[0],
    run: () => T,
  ): T {
    let called: { readonly result: T } | undefined;
    const once = () => {
      called ??= { result: run() };
      return called.result;
    };
    try {
      observer.runAttempt(step, once);
    } catch (error) {
      onError(error);
    }
    return once();
  }

  return {
    runStarted: (run) => tell((to) => to.runStarted(run)),
    runOpened: (run) => tell((to) => to.runOpened(run)),
    runReplayed: (run, events) => tell((to) => to.runReplayed(run, events)),
    runRecovered: (run, lostBy) => tell((to) => to.runRecovered(run, lostBy)),
    runSuspended: (run) => tell((to) => to.runSuspended(run)),
    runEnded: (run, status, error) => tell((to) => to.runEnded(run, status, error)),
    runLost: (run) => tell((to) => to.runLost(run)),
    runAbandoned: (run) => tell((to) => to.runAbandoned(run)),
    runAttempt: (step, run) =>
      observers.reduce<typeof run>(
        (inner, observer) => () => attemptWithin(observer, step, inner),
        run,
      )(),
    attemptEnded: (step, outcome, error) => tell((to) => to.attemptEnded(step, outcome, error)),
    commitFlushed: (writes, ms) => tell((to) => to.commitFlushed(writes, ms)),
  };
}
