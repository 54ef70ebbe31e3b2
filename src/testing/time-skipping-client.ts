import type { Client, RunHandle, StartOptions, WaitOptions } from '../client/client.ts';
import type { Activity } from './activity.ts';
import { INSPECT, inspectRun } from './run-view.ts';
import type { TimeDriver } from './time-driver.ts';

/**
 * The same client; whoever waits for the end of a run lets time pass.
 * @param detach leaves the runs to another process
 */
export function timeSkippingClient(
  client: () => Client,
  driver: TimeDriver,
  activity: Activity,
  detach: boolean,
): Client {
  const real = client();

  async function start(workflow: unknown, input?: unknown, options: StartOptions = {}) {
    const given = detach ? { ...options, detach } : options;
    const started = real.start(workflow as string, input, given);
    const handle = await activity.during('a start', started);
    return skippingHandle(handle);
  }

  function skippingHandle(handle: RunHandle): RunHandle {
    const skipping = {
      ...handle,
      result: (options?: WaitOptions) =>
        driver.until(handle.result(options), () => describe(real, handle.runId)),
      [INSPECT]: async () => {
        await driver.settle();
        return inspectRun(real, handle.runId);
      },
    };
    return skipping;
  }

  return {
    ...real,
    start: start as Client['start'],
    runs: {
      ...real.runs,
      wait: (id, options) => driver.until(real.runs.wait(id, options), () => describe(real, id)),
    },
  };
}

/** What a run waits for, for the message that it waits in vain. */
async function describe(client: Client, id: string): Promise<string> {
  try {
    const { runId, workflowName, status } = await client.runs.get(id);
    const { items } = await client.hooks.list({ runId, status: 'pending' });
    const hooks = items.map(({ name }) => `hook '${name}'`).join(', ');
    const waits = hooks === '' ? '' : ` and waits for ${hooks} (see env.answerHook)`;
    return `Run ${runId} of workflow '${workflowName}' is ${status}${waits}`;
  } catch {
    return `Run ${id} has not ended`;
  }
}
