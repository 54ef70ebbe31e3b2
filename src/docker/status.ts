import { allOrNone } from './all-or-none.ts';
import { inspectContainer, isOurs } from './container.ts';
import { publishedPort } from './container-settings.ts';
import type { Engine } from './engine.ts';
import { PROBES } from './probe.ts';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services.ts';

export interface ServiceStatus {
  readonly service: ServiceName;
  readonly container: string;
  readonly image: string;
  /**
   * `healthy`: it answers. `unhealthy`: it runs and does not answer. `absent`: there is no
   * container. `foreign`: there is one of that name which pyworkflow has not made.
   */
  readonly state: 'healthy' | 'unhealthy' | 'paused' | 'stopped' | 'absent' | 'foreign';
  /** On 127.0.0.1; null when there is no container of ours. */
  readonly port: number | null;
  readonly url: string | null;
  /** RFC 3339; null unless it runs. */
  readonly startedAt: string | null;
  /** Why it is not healthy, in words; null when it is, or is not meant to be. */
  readonly problem: string | null;
}

export interface StatusOptions {
  readonly signal?: AbortSignal;
  /** How long a server may take to answer; 2 s. */
  readonly probeTimeoutMs?: number;
}

/**
 * How every service is now, in the same order each time.
 * @throws {DockerError} when the engine goes away.
 */
export function status(
  engine: Engine,
  { signal, probeTimeoutMs = 2_000 }: StatusOptions = {},
): Promise<readonly ServiceStatus[]> {
  return allOrNone(
    SERVICE_NAMES.map((service) => (stop) => statusOf(engine, service, stop, probeTimeoutMs)),
    signal,
  );
}

async function statusOf(
  engine: Engine,
  service: ServiceName,
  signal: AbortSignal,
  probeTimeoutMs: number,
): Promise<ServiceStatus> {
  const spec = SERVICES[service];
  const container = await inspectContainer(engine, spec, { signal });
  const nothing = { port: null, url: null, startedAt: null, problem: null };
  const known = { service, container: spec.container, image: spec.image, ...nothing };
  if (container === null) return { ...known, state: 'absent' };
  const { Image: image } = container.Config;
  if (!isOurs(container, spec)) return { ...known, image, state: 'foreign' };
  const port = publishedPort(container, spec);
  const placed = { ...known, image, port, url: port === null ? null : spec.url(port) };
  const { Status, Running, StartedAt, ExitCode } = container.State;
  if (Status === 'paused') return { ...placed, state: 'paused' };
  if (Status === 'restarting') {
    return { ...placed, state: 'unhealthy', problem: `it ends again and again (${ExitCode})` };
  }
  if (!Running) return { ...placed, state: 'stopped' };
  const problem =
    port === null ? 'it publishes no port' : await PROBES[service](port, probeTimeoutMs);
  const state = problem === null ? 'healthy' : 'unhealthy';
  return { ...placed, state, startedAt: StartedAt, problem };
}
