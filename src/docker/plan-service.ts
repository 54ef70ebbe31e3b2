import { setTimeout as sleep } from 'node:timers/promises';
import { ValidationError } from '../core/errors.ts';
import { foreignContainer, inspectContainer, isOurs } from './container.ts';
import { differences, publishedPort } from './container-settings.ts';
import type { AskOptions, Engine } from './engine.ts';
import { hasItsNetworks } from './network.ts';
import { SERVICES, type ServiceName, type ServiceSpec } from './services.ts';
import { isPortTaken, portTaken } from './taken-port.ts';

export type Ports = Readonly<Partial<Record<ServiceName, number>>>;

/** What has to be done for a service. */
export interface ServicePlan {
  readonly spec: ServiceSpec;
  readonly port: number;
  readonly action: 'create' | 'recreate' | 'start' | 'unpause' | 'none';
  /** Why it is recreated. */
  readonly changes: readonly string[];
}

/**
 * Looks at what is there and changes nothing.
 * @throws {DockerError} when the port is taken, or the container's name by somebody else's.
 */
export async function planService(
  engine: Engine,
  service: ServiceName,
  ports: Ports,
  options: AskOptions,
  looks = 0,
): Promise<ServicePlan> {
  const spec = SERVICES[service];
  const container = await inspectContainer(engine, spec, options);
  if (container !== null && !isOurs(container, spec)) {
    throw foreignContainer(engine, spec, container);
  }
  // Whoever chose another port once need not repeat it.
  const before = container === null ? null : publishedPort(container, spec);
  const port = ports[service] ?? before ?? spec.port;
  const changes = container === null ? [] : differences(container, spec, port);
  if (container?.State.Running === false && !(await hasItsNetworks(engine, container, options))) {
    changes.push('its network is gone');
  }
  const status = container?.State.Status ?? 'none';
  const action = container === null ? 'create' : actionFor(status, changes.length > 0);
  const holdsPort = container?.State.Running === true && before === port;
  if (!holdsPort && (await isPortTaken(port))) {
    // It may be our own by now: of another `up` at the same time, or of an engine that has just
    // started and brings its containers back by itself, the port first and the state last.
    const patience = before === port ? 8 : 1;
    if (looks >= patience) throw await portTaken(engine, spec, port, options);
    await sleep(250);
    return planService(engine, service, ports, options, looks + 1);
  }
  return { spec, port, action, changes };
}

function actionFor(status: string, isChanged: boolean): ServicePlan['action'] {
  if (isChanged || status === 'dead' || status === 'removing') return 'recreate';
  if (status === 'paused') return 'unpause';
  return status === 'running' || status === 'restarting' ? 'none' : 'start';
}

/** @throws {ValidationError} for a port that is none, or that two services are to have. */
export function checkPorts(services: readonly ServiceName[], ports: Ports): void {
  const taken = new Map<number, ServiceName>();
  for (const service of services) {
    const port = ports[service] ?? SERVICES[service].port;
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      const message = `${port} is no port: it must be a whole number from 1 to 65535`;
      throw new ValidationError('Services', [{ path: `ports.${service}`, message }]);
    }
    const other = taken.get(port);
    if (other !== undefined) {
      const message = `${other} has port ${port} already`;
      throw new ValidationError('Services', [{ path: `ports.${service}`, message }]);
    }
    taken.set(port, service);
  }
}
