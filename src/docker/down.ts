import { allOrNone } from './all-or-none.ts';
import { inspectContainer, isOurs, removeContainer } from './container.ts';
import { type AskOptions, ask, askOrNull, type Engine } from './engine.ts';
import { removeNetwork } from './network.ts';
import { LABEL, SERVICE_NAMES, SERVICES, type ServiceName } from './services.ts';

export interface DownOptions {
  /** Only these; all when left out. */
  readonly services?: readonly ServiceName[];
  /** Deletes their data as well. */
  readonly volumes?: boolean;
  readonly onProgress?: (progress: DownProgress) => void;
  readonly signal?: AbortSignal;
}

export interface DownProgress {
  readonly service: ServiceName;
  readonly step: 'stop' | 'removed';
}

export interface DownResult {
  /** Names of what is gone. */
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly network: boolean;
  /** Names that were left alone because somebody else made them. */
  readonly foreign: readonly string[];
}

/**
 * Stops and removes the containers, and the network once nothing uses it. Data stays unless
 * `volumes` is set. What pyworkflow has not made stays in any case.
 * @throws {DockerError} when the engine goes away or refuses.
 * @throws the reason of `signal`.
 */
export async function down(engine: Engine, options: DownOptions = {}): Promise<DownResult> {
  const { services = SERVICE_NAMES, onProgress, signal } = options;
  const results = await allOrNone(
    [...new Set(services)].map((service) => (stop) => {
      return downService(engine, service, { ...options, signal: stop, onProgress });
    }),
    signal,
  );
  const network = await removeNetwork(engine, { signal });
  return {
    containers: results.flatMap(({ container }) => container ?? []),
    volumes: results.flatMap(({ volume }) => volume ?? []),
    network,
    foreign: results.flatMap(({ foreign }) => foreign),
  };
}

async function downService(
  engine: Engine,
  service: ServiceName,
  { volumes = false, onProgress, signal }: WithoutServices,
) {
  const spec = SERVICES[service];
  const foreign: string[] = [];
  let container: string | null = null;
  const found = await inspectContainer(engine, spec, { signal });
  if (found !== null && !isOurs(found, spec)) foreign.push(spec.container);
  else if (found !== null) {
    onProgress?.({ service, step: 'stop' });
    await removeContainer(engine, spec, { signal });
    onProgress?.({ service, step: 'removed' });
    container = spec.container;
  }
  const volume = volumes ? await removeVolume(engine, service, { signal }) : null;
  if (volume?.isOurs === false) foreign.push(volume.name);
  return { container, volume: volume?.isOurs ? volume.name : null, foreign };
}

interface WithoutServices {
  readonly volumes?: boolean;
  readonly onProgress: DownOptions['onProgress'];
  readonly signal: AbortSignal;
}

async function removeVolume(engine: Engine, service: ServiceName, options: AskOptions) {
  const { name } = SERVICES[service].volume;
  const found = await askOrNull(
    engine,
    `looking for the volume ${name}`,
    (docker, abortSignal) => docker.getVolume(name).inspect({ abortSignal }),
    options,
  );
  if (found === null) return null;
  if (found.Labels?.[LABEL] !== service) return { name, isOurs: false };
  await ask(
    engine,
    `removing the volume ${name}`,
    (docker, abortSignal) => docker.getVolume(name).remove({ abortSignal }),
    options,
  );
  return { name, isOurs: true };
}
