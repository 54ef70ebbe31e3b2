import { setTimeout as sleep } from 'node:timers/promises';
import { DockerError } from '../core/errors.ts';
import { inspectContainer } from './container.ts';
import type { Engine } from './engine.ts';
import { readLogs } from './logs.ts';
import { PROBES } from './probe.ts';
import type { ServiceSpec } from './services.ts';

const PROBE_TIMEOUT_MS = 1_000;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

/**
 * Waits until the service answers.
 * @throws {DockerError} with the last lines of its log when its container ends or time is up.
 */
export async function waitHealthy(
  engine: Engine,
  spec: ServiceSpec,
  port: number,
  options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
): Promise<void> {
  const { signal, timeoutMs } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const restartsBefore = (await inspectContainer(engine, spec, { signal }))?.RestartCount ?? 0;
  let pauseMs = SHORTEST_PAUSE_MS;
  for (;;) {
    signal?.throwIfAborted();
    const problem = await PROBES[spec.name](port, PROBE_TIMEOUT_MS);
    if (problem === null) return;
    const container = await inspectContainer(engine, spec, { signal });
    if (container === null) throw await notUp(engine, spec, 'was removed');
    const { Status, ExitCode } = container.State;
    if (Status !== 'running' || container.RestartCount > restartsBefore) {
      throw await notUp(engine, spec, `ended at once (exit code ${ExitCode})`);
    }
    if (deadline.aborted) {
      const waited = `does not answer on port ${port} after ${timeoutMs / 1000} s: ${problem}`;
      throw await notUp(engine, spec, waited);
    }
    await sleep(pauseMs, undefined, signal && { signal }).catch(() => {});
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
}

async function notUp(engine: Engine, spec: ServiceSpec, what: string): Promise<DockerError> {
  const lines: string[] = [];
  try {
    for await (const { text } of readLogs(engine, spec.name, { tail: 5 })) lines.push(text);
  } catch {
    // The log would explain the failure; without it the failure is still the news.
  }
  const last = lines.length === 0 ? '' : `. Its last lines:\n${lines.join('\n')}`;
  return new DockerError(`The container ${spec.container} ${what}${last}`, {
    details: {
      engine: engine.address,
      service: spec.name,
      container: spec.container,
      log: lines,
    },
    hint: `See the whole log with: docker logs ${spec.container}`,
  });
}
