import { decode } from '../core/codec.ts';
import { decodeError } from '../core/error-codec.ts';
import { CancellationError, WorkflowFailedError } from '../core/errors.ts';
import type { RunRecord } from '../core/run.ts';
import type { RunHandle, WaitOptions } from './client.ts';
import type { WatchingRunsClient } from './runs.ts';

export interface HandledRun {
  readonly runId: string;
  readonly alreadyStarted: boolean;
  /** Just begun in this process, which will most likely end it. */
  readonly here: boolean;
}

export function createRunHandle(
  runs: WatchingRunsClient,
  { runId, alreadyStarted, here }: HandledRun,
): RunHandle {
  const end = here ? runs.watchEnd(runId) : null;
  return {
    runId,
    alreadyStarted,
    result: async (options?: WaitOptions) => {
      const watch = end ?? runs.watchEnd(runId);
      try {
        const ended = await watch.wait(options);
        const next = ended.continuedToRunId;
        return resultOf(next === null ? ended : await runs.wait(next, options));
      } finally {
        if (end === null) watch.stop();
      }
    },
    status: async () => (await runs.get(runId)).status,
    cancel: (reason?: string) => runs.cancel(runId, reason === undefined ? {} : { reason }),
  };
}

type Ended = Pick<RunRecord, 'runId' | 'status' | 'result' | 'error'>;

function resultOf({ runId, status, result, error }: Ended): unknown {
  if (status === 'completed') return decode(result);
  if (status === 'cancelled') throw error === null ? new CancellationError() : decodeError(error);
  throw new WorkflowFailedError(runId, status, error === null ? undefined : decodeError(error));
}
