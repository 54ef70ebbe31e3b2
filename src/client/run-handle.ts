import { decode } from '../core/codec.ts';
import { decodeError } from '../core/error-codec.ts';
import { CancellationError, WorkflowFailedError } from '../core/errors.ts';
import type { RunRecord } from '../core/run.ts';
import type { RunHandle, WaitOptions } from './client.ts';
import type { WatchingRunsClient } from './runs.ts';

export function createRunHandle(
  runs: WatchingRunsClient,
  runId: string,
  alreadyStarted: boolean,
): RunHandle {
  const end = runs.watchEnd(runId);
  return {
    runId,
    alreadyStarted,
    result: async (options?: WaitOptions) => resultOf(await end.wait(options)),
    status: async () => (await runs.get(runId)).status,
    cancel: (reason?: string) => runs.cancel(runId, reason === undefined ? {} : { reason }),
  };
}

type Ended = Pick<RunRecord, 'runId' | 'status' | 'result' | 'error'>;

function resultOf({ runId, status, result, error }: Ended): unknown {
  if (status === 'completed') return decode(result);
  if (status === 'cancelled') throw new CancellationError();
  throw new WorkflowFailedError(runId, status, error === null ? undefined : decodeError(error));
}
