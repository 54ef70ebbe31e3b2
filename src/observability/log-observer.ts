import type { Logger } from './logger.ts';
import type { ObservedRun, Observer } from './observer.ts';

/** What the executor does as debug lines, for `-v`. */
export function createLogObserver(log: Logger): Observer {
  const say = (message: string, { runId, workflowName }: ObservedRun, facts: object = {}) =>
    log.debug(message, { run_id: runId, workflow: workflowName, ...facts });
  return {
    runStarted: (run) => say('run started', run),
    runOpened: (run) => say('run taken up', run),
    runReplayed: (run, events) => say('run replayed', run, { events }),
    // The executor itself warns of it, and of a lost lease.
    runRecovered() {},
    runSuspended: (run) => say('run suspended', run),
    runEnded: (run, status) => say('run ended', run, { status }),
    runLost() {},
    runAbandoned: (run) => say('run handed back', run),
    runAttempt(step, run) {
      const { runId, workflowName, stepId, attempt } = step;
      const facts = { run_id: runId, workflow: workflowName, step_id: stepId, attempt };
      log.debug('attempt started', facts);
      return run();
    },
    attemptEnded({ runId, workflowName, stepId, attempt }, outcome) {
      const facts = { run_id: runId, workflow: workflowName, step_id: stepId, attempt, outcome };
      log.debug('attempt ended', facts);
    },
    commitFlushed() {},
  };
}
