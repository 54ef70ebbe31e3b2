import { setTimeout as sleep } from 'node:timers/promises';
import {
  foreignContainer,
  inspectContainer,
  isOurs,
  removeContainer,
  tolerating,
} from './container.ts';
import { containerSettings } from './container-settings.ts';
import { type AskOptions, ask, type Engine } from './engine.ts';
import { refusedWith } from './engine-failure.ts';
import type { ServicePlan } from './plan-service.ts';
import { portTaken } from './taken-port.ts';

/** A container that runs already. */
const ALREADY_SO = 304;
/** The name is in use. */
const CONFLICT = 409;

/**
 * Makes what is there into what the plan says: the image is present, nobody waits for health.
 * @param network the id of the one to join.
 */
export async function carryOut(
  engine: Engine,
  plan: ServicePlan,
  network: string,
  options: AskOptions,
): Promise<void> {
  const { spec, action } = plan;
  if (action === 'none') return;
  if (action === 'unpause') {
    await ask(
      engine,
      `waking the container ${spec.container}`,
      (docker, abortSignal) => docker.getContainer(spec.container).unpause({ abortSignal }),
      options,
    );
    return;
  }
  if (action === 'recreate') await removeContainer(engine, spec, options);
  if (action !== 'start') await create(engine, plan, network, options);
  await start(engine, plan, options);
}

async function create(
  engine: Engine,
  { spec, port }: ServicePlan,
  network: string,
  options: AskOptions,
) {
  for (let tries = 0; ; tries++) {
    await tolerating([CONFLICT], () =>
      ask(
        engine,
        `creating the container ${spec.container}`,
        (docker, abortSignal) =>
          docker.createContainer({ ...containerSettings(spec, port, network), abortSignal }),
        options,
      ),
    );
    const container = await inspectContainer(engine, spec, options);
    if (container !== null && !isOurs(container, spec)) {
      throw foreignContainer(engine, spec, container);
    }
    if (container !== null || tries === 20) return;
    // Another `up` has taken the name and is about to fill it.
    await sleep(100);
  }
}

async function start(engine: Engine, { spec, port }: ServicePlan, options: AskOptions) {
  try {
    await tolerating([ALREADY_SO], () =>
      ask(
        engine,
        `starting the container ${spec.container}`,
        (docker, abortSignal) => docker.getContainer(spec.container).start({ abortSignal }),
        { ...options, timeoutMs: 60_000 },
      ),
    );
  } catch (error) {
    // Taken between the look and the start.
    const isTaken = /already allocated|address already in use|ports are not available/i;
    if (refusedWith(error) === null || !isTaken.test(String(error))) throw error;
    throw await portTaken(engine, spec, port, options);
  }
}
