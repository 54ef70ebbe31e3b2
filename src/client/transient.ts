import { CancellationError, WaitTimeoutError, WorkflowFailedError } from '../core/errors.ts';
import type { RunStatus } from '../core/run.ts';
import type { Executor } from '../executor/executor.ts';
import { runTransient } from '../executor/run-transient.ts';
import type { WorkflowDefinition } from '../workflow/workflow-definition.ts';
import type { RunHandle, WaitOptions } from './client.ts';
import { waitUntil } from './wait-until.ts';

/** Runs a workflow without a store: nothing of it survives this process. */
export function startTransient(
  executor: Executor,
  definition: WorkflowDefinition,
  input: unknown,
): RunHandle {
  const run = runTransient(executor, definition, input);
  let status: RunStatus = 'running';
  let asked = false;
  const ended = run.result.then(
    (value) => {
      status = 'completed';
      return value;
    },
    (error) => {
      if (asked && CancellationError.is(error, 'CANCELLED')) {
        status = 'cancelled';
        throw error;
      }
      status = 'failed';
      throw new WorkflowFailedError(run.runId, status, error);
    },
  );
  ended.catch(() => {});
  return {
    runId: run.runId,
    alreadyStarted: false,
    result: (options: WaitOptions = {}) =>
      waitUntil(
        (onChange) => {
          ended.then(onChange, onChange);
          return () => {};
        },
        executor.clock,
        async () => (status === 'running' ? undefined : { ended }),
        () => new WaitTimeoutError(run.runId, options.timeoutMs ?? 0),
        options,
      ).then((end) => end.ended),
    status: async () => status,
    async cancel(reason) {
      const cancelled = status === 'running';
      if (cancelled) {
        asked = true;
        run.cancel(reason ?? null);
      }
      return { runId: run.runId, cancelled, status };
    },
  };
}
