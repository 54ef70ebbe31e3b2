import { join, posix } from 'node:path';
import { currentContext, readTls, type Surroundings } from './docker-context.ts';
import { type EngineAddress, parseAddress } from './engine-address.ts';

export interface Where extends Surroundings {
  readonly platform: NodeJS.Platform;
  /** Of this process; null where there is no such thing. */
  readonly uid: number | null;
}

export interface Candidate {
  /** How it was found, as `DOCKER_HOST` or `the default socket`. */
  readonly how: string;
  readonly text: string;
  readonly address: EngineAddress | { readonly problem: string };
}

/**
 * Where an engine may be, best first. What the user chose stands alone: containers on another
 * engine than the one `docker ps` shows would be a riddle.
 */
export async function engineCandidates(where: Where): Promise<readonly Candidate[]> {
  const { env } = where;
  if (env.DOCKER_HOST) {
    // As `docker` has it: certificates alone do not ask for TLS.
    const tls = env.DOCKER_TLS_VERIFY
      ? await readTls(env.DOCKER_CERT_PATH || join(where.home, '.docker'))
      : null;
    const address = parseAddress(env.DOCKER_HOST, tls);
    return [{ how: 'DOCKER_HOST', text: env.DOCKER_HOST, address }];
  }
  const context = await currentContext(where);
  if (context !== null) {
    const how = `the docker context '${context.name}'`;
    if ('problem' in context) {
      return [{ how, text: `context ${context.name}`, address: { problem: context.problem } }];
    }
    return [{ how, text: context.host, address: parseAddress(context.host, context.tls) }];
  }
  return usualPlaces(where).map(([how, text]) => ({ how, text, address: parseAddress(text) }));
}

function usualPlaces({
  env,
  home,
  platform,
  uid,
}: Where): readonly (readonly [how: string, text: string])[] {
  if (platform === 'win32') {
    return [
      ['the default pipe', 'npipe:////./pipe/docker_engine'],
      ['Docker Desktop', 'npipe:////./pipe/dockerDesktopLinuxEngine'],
      ['Podman', 'npipe:////./pipe/podman-machine-default'],
    ];
  }
  const socket = (...parts: string[]) => `unix://${posix.join(...parts)}`;
  const runtime = env.XDG_RUNTIME_DIR || (uid === null ? null : `/run/user/${uid}`);
  const hasRuntime = platform === 'linux' && runtime !== null;
  return [
    ['the default socket', 'unix:///var/run/docker.sock'],
    ...(hasRuntime ? [['rootless Docker', socket(runtime, 'docker.sock')] as const] : []),
    ['Docker Desktop', socket(home, '.docker/run/docker.sock')],
    ['Docker Desktop', socket(home, '.docker/desktop/docker.sock')],
    ['OrbStack', socket(home, '.orbstack/run/docker.sock')],
    ['Colima', socket(home, '.colima/default/docker.sock')],
    ['Rancher Desktop', socket(home, '.rd/docker.sock')],
    ...(hasRuntime ? [['rootless Podman', socket(runtime, 'podman/podman.sock')] as const] : []),
    ...(platform === 'linux' ? [['Podman', 'unix:///run/podman/podman.sock'] as const] : []),
  ];
}
