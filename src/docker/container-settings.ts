import type { ContainerCreateOptions } from 'dockerode';
import { HOST, LABEL, RESTART_POLICY, type ServiceSpec } from './services.ts';

const VOLUME_DRIVER = { Name: 'local', Options: {} };

/** What the engine is asked to create for a service, in the network of this id. */
export function containerSettings(
  spec: ServiceSpec,
  port: number,
  network: string,
): ContainerCreateOptions {
  const inside = `${spec.port}/tcp`;
  return {
    name: spec.container,
    Image: spec.image,
    Labels: { [LABEL]: spec.name },
    Env: Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: { [inside]: {} },
    ...(spec.command !== null && { Cmd: [...spec.command] }),
    ...(spec.user !== null && { User: spec.user }),
    ...(spec.workingDirectory !== null && { WorkingDir: spec.workingDirectory }),
    HostConfig: {
      PortBindings: { [inside]: [{ HostIp: HOST, HostPort: String(port) }] },
      RestartPolicy: { Name: RESTART_POLICY },
      NetworkMode: network,
      // Creates the volume if need be, and marks it as ours.
      Mounts: [
        {
          Type: 'volume',
          Source: spec.volume.name,
          Target: spec.volume.path,
          VolumeOptions: {
            NoCopy: false,
            Labels: { [LABEL]: spec.name },
            DriverConfig: VOLUME_DRIVER,
          },
        },
      ],
    },
    // Other containers of the network reach it by its short name, as in docker-compose.yml.
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [spec.name] } } },
  };
}

/** The part of an inspected container that decides whether it is as it should be. */
export interface ContainerFacts {
  readonly Config: {
    readonly Image: string;
    readonly Cmd?: readonly string[] | null;
    readonly Env?: readonly string[] | null;
  };
  readonly HostConfig: {
    readonly PortBindings?: PortBindings | null;
  };
  readonly Mounts?: readonly { readonly Name?: string | undefined; readonly Destination: string }[];
}

/** The engine's own type denies that there may be none. */
type PortBindings = Readonly<
  Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>
>;

/** Why the container has to be made anew, as `port 6379 becomes 6380`; empty when it is right. */
export function differences(facts: ContainerFacts, spec: ServiceSpec, port: number): string[] {
  const found: string[] = [];
  const { Image, Cmd, Env } = facts.Config;
  if (Image !== spec.image) found.push(`image ${Image} becomes ${spec.image}`);
  const binding = bindingOf(facts, spec);
  if (binding?.port !== port) found.push(`port ${binding?.port ?? 'none'} becomes ${port}`);
  else if (binding.host !== HOST) found.push(`${binding.host || 'all addresses'} becomes ${HOST}`);
  if (spec.command !== null && spec.command.join('\0') !== (Cmd ?? []).join('\0')) {
    found.push(`the command becomes ${spec.command.join(' ')}`);
  }
  for (const [name, value] of Object.entries(spec.environment)) {
    if (!Env?.includes(`${name}=${value}`)) found.push(`${name} becomes ${value}`);
  }
  const { name, path } = spec.volume;
  if (!facts.Mounts?.some((mount) => mount.Name === name && mount.Destination === path)) {
    found.push(`the volume ${name} is put at ${path}`);
  }
  return found;
}

/** The port of this machine that a container has or had; null for none. */
export function publishedPort(facts: ContainerFacts, spec: ServiceSpec): number | null {
  return bindingOf(facts, spec)?.port ?? null;
}

function bindingOf(facts: ContainerFacts, spec: ServiceSpec) {
  const [binding] = facts.HostConfig.PortBindings?.[`${spec.port}/tcp`] ?? [];
  const port = Number(binding?.HostPort);
  return binding !== undefined && port > 0 ? { port, host: binding.HostIp ?? '' } : null;
}
