import type { ContainerInspectInfo } from 'dockerode';
import { DockerError } from '../core/errors.ts';
import { type AskOptions, ask, askOrNull, type Engine } from './engine.ts';
import { refusedWith } from './engine-failure.ts';
import { LABEL, type ServiceSpec } from './services.ts';

/** The service's container, or whatever else has its name; null for none. */
export function inspectContainer(
  engine: Engine,
  spec: ServiceSpec,
  options: AskOptions,
): Promise<ContainerInspectInfo | null> {
  return askOrNull(
    engine,
    `looking at the container ${spec.container}`,
    (docker, abortSignal) => docker.getContainer(spec.container).inspect({ abortSignal }),
    options,
  );
}

export function isOurs(container: ContainerInspectInfo, spec: ServiceSpec): boolean {
  return container.Config.Labels?.[LABEL] === spec.name;
}

export function foreignContainer(
  engine: Engine,
  spec: ServiceSpec,
  container: ContainerInspectInfo,
): DockerError {
  const { Image } = container.Config;
  return new DockerError(
    `There is a container ${spec.container} (image ${Image}) that was not made by pyworkflow`,
    {
      details: {
        engine: engine.address,
        service: spec.name,
        container: spec.container,
        image: Image,
      },
      hint: `Rename it (docker rename ${spec.container} other-name) or remove it (docker rm -f ${spec.container}).`,
    },
  );
}

const GRACE_S = 10;
/** It is stopped already, or gone. */
const NOTHING_TO_STOP = [304, 404];
/** It is gone, or somebody else removes it right now. */
const NOTHING_TO_REMOVE = [404, 409];

/** Lets the server write what it has, then takes the container away. Its volume stays. */
export async function removeContainer(
  engine: Engine,
  spec: ServiceSpec,
  options: AskOptions,
): Promise<void> {
  const stop = `stopping the container ${spec.container}`;
  await tolerating(NOTHING_TO_STOP, () =>
    ask(
      engine,
      stop,
      (docker, abortSignal) =>
        docker.getContainer(spec.container).stop({ t: GRACE_S, abortSignal }),
      { ...options, timeoutMs: (GRACE_S + 30) * 1000 },
    ),
  );
  const remove = `removing the container ${spec.container}`;
  await tolerating(NOTHING_TO_REMOVE, () =>
    ask(
      engine,
      remove,
      (docker, abortSignal) =>
        docker.getContainer(spec.container).remove({ force: true, abortSignal }),
      options,
    ),
  );
}

/** A request that may be refused with one of these: then there was nothing left to do. */
export async function tolerating(
  statuses: readonly number[],
  request: () => Promise<unknown>,
): Promise<void> {
  try {
    await request();
  } catch (error) {
    const status = refusedWith(error);
    if (status === null || !statuses.includes(status)) throw error;
  }
}
