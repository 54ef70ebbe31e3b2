import type { ContainerInspectInfo, NetworkInspectInfo } from 'dockerode';
import { tolerating } from './container.ts';
import { type AskOptions, ask, askOrNull, type Engine } from './engine.ts';
import { LABEL, NETWORK } from './services.ts';

/** Something hangs on it, or it is gone already. */
const NOT_REMOVED = [403, 404, 409];

/**
 * The network that the services share with each other and with containers of the user.
 * @returns its id: names are not unique, and two that create it at once both succeed.
 */
export async function ensureNetwork(engine: Engine, options: AskOptions): Promise<string> {
  const [found] = await networksOfName(engine, options);
  if (found !== undefined) return found.Id;
  const wanted = { Name: NETWORK, CheckDuplicate: true, Labels: { [LABEL]: 'network' } };
  await tolerating([409], () =>
    ask(
      engine,
      `creating the network ${NETWORK}`,
      (docker, abortSignal) => docker.createNetwork({ ...wanted, abortSignal }),
      options,
    ),
  );
  // Everybody keeps the oldest one, so that all mean the same.
  const [oldest, ...doubles] = await networksOfName(engine, options);
  for (const double of doubles) {
    if (double.Labels?.[LABEL] === 'network') await remove(engine, double.Id, options);
  }
  return oldest?.Id ?? NETWORK;
}

/** Whether ours is gone now; it stays while something hangs on it. */
export async function removeNetwork(engine: Engine, options: AskOptions): Promise<boolean> {
  let isRemoved = false;
  for (const { Id, Labels } of await networksOfName(engine, options)) {
    if (Labels?.[LABEL] === 'network') isRemoved = await remove(engine, Id, options);
  }
  return isRemoved;
}

/** False when a stopped container could not be started any more. */
export async function hasItsNetworks(
  engine: Engine,
  container: ContainerInspectInfo,
  options: AskOptions,
): Promise<boolean> {
  for (const [name, { NetworkID }] of Object.entries(container.NetworkSettings.Networks)) {
    const found = await askOrNull(
      engine,
      `looking for the network ${name}`,
      (docker) => docker.getNetwork(NetworkID || name).inspect(),
      options,
    );
    if (found === null) return false;
  }
  return true;
}

/** The oldest first. */
async function networksOfName(engine: Engine, options: AskOptions): Promise<NetworkInspectInfo[]> {
  const filters = { name: [NETWORK] };
  const found = await ask(
    engine,
    `looking for the network ${NETWORK}`,
    (docker, abortSignal) => docker.listNetworks({ filters, abortSignal }),
    options,
  );
  // The filter also lets through what only contains the name.
  return found
    .filter(({ Name }) => Name === NETWORK)
    .toSorted((a, b) => (`${a.Created} ${a.Id}` < `${b.Created} ${b.Id}` ? -1 : 1));
}

async function remove(engine: Engine, id: string, options: AskOptions): Promise<boolean> {
  let isRemoved = false;
  await tolerating(NOT_REMOVED, async () => {
    await ask(
      engine,
      `removing the network ${NETWORK}`,
      (docker, abortSignal) => docker.getNetwork(id).remove({ abortSignal }),
      options,
    );
    isRemoved = true;
  });
  return isRemoved;
}
