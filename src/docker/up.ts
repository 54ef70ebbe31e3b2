import { DockerError } from '../core/errors.ts';
import { allOrNone } from './all-or-none.ts';
import { carryOut } from './bring-up.ts';
import type { Engine } from './engine.ts';
import { ensureNetwork } from './network.ts';
import { checkPorts, type Ports, planService, type ServicePlan } from './plan-service.ts';
import { pullImage } from './pull-image.ts';
import type { PullProgress } from './pull-progress.ts';
import type { ServiceName } from './services.ts';
import { waitHealthy } from './wait-healthy.ts';

export type UpProgress = { readonly service: ServiceName } & (
  | ({ readonly step: 'pull'; readonly image: string } & PullProgress)
  | { readonly step: 'create' | 'start' }
  /** `changes` says why, as `port 6379 becomes 6380`. */
  | { readonly step: 'recreate'; readonly changes: readonly string[] }
  /** It runs and is asked whether it does its work. */
  | { readonly step: 'wait'; readonly port: number }
  | { readonly step: 'ready'; readonly port: number; readonly url: string }
);

export interface UpOptions {
  readonly onProgress?: (progress: UpProgress) => void;
  readonly signal?: AbortSignal;
  /** On 127.0.0.1. Left out, a service keeps the port it has, at first its usual one. */
  readonly ports?: Ports;
  /** How long a server may take until it answers; 60 s. */
  readonly healthTimeoutMs?: number;
}

export interface ServiceUp {
  readonly service: ServiceName;
  readonly container: string;
  readonly port: number;
  readonly url: string;
  readonly outcome: 'created' | 'recreated' | 'started' | 'unchanged';
}

/**
 * Brings the services up and waits until they answer. What is as it should be is left alone; all
 * are looked at before the first is changed. After a failure, whatever was finished is kept.
 * @throws {DockerError} for a taken port or name, an image that cannot be had, a server that does
 *   not answer, an engine that goes away or is on another machine.
 * @throws {ValidationError} for an impossible port.
 * @throws the reason of `signal`.
 */
export async function up(
  engine: Engine,
  services: readonly ServiceName[],
  { onProgress, signal, ports = {}, healthTimeoutMs = 60_000 }: UpOptions = {},
): Promise<readonly ServiceUp[]> {
  const wanted = [...new Set(services)];
  checkPorts(wanted, ports);
  assertLocal(engine);
  const plans = await allOrNone(
    wanted.map((service) => (stop) => planService(engine, service, ports, { signal: stop })),
    signal,
  );
  const network = plans.some(({ action }) => action !== 'none')
    ? await ensureNetwork(engine, { signal })
    : '';
  const bringUp = async (plan: ServicePlan, stop: AbortSignal): Promise<ServiceUp> => {
    const { spec, port, action, changes } = plan;
    const service = spec.name;
    if (action === 'create' || action === 'recreate') {
      const { image } = spec;
      await pullImage(engine, image, {
        signal: stop,
        onProgress: (progress) => onProgress?.({ service, step: 'pull', image, ...progress }),
      });
    }
    if (action === 'recreate') onProgress?.({ service, step: action, changes });
    else if (action !== 'none') {
      onProgress?.({ service, step: action === 'create' ? 'create' : 'start' });
    }
    await carryOut(engine, plan, network, { signal: stop });
    onProgress?.({ service, step: 'wait', port });
    await waitHealthy(engine, spec, port, { signal: stop, timeoutMs: healthTimeoutMs });
    const url = spec.url(port);
    onProgress?.({ service, step: 'ready', port, url });
    return { service, container: spec.container, port, url, outcome: OUTCOME[action] };
  };
  return allOrNone(
    plans.map((plan) => (stop) => bringUp(plan, stop)),
    signal,
  );
}

const OUTCOME = {
  create: 'created',
  recreate: 'recreated',
  start: 'started',
  unpause: 'started',
  none: 'unchanged',
} as const;

function assertLocal({ isLocal, address }: Engine): void {
  if (isLocal) return;
  throw new DockerError(
    `The Docker engine at ${address} is on another machine: its services would listen on the loopback there`,
    {
      details: { engine: address },
      hint: 'Use an engine of this machine, or start the services there with docker-compose.yml.',
    },
  );
}
