import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineTls } from './engine-address.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export type DockerContext =
  | { readonly name: string; readonly host: string; readonly tls: EngineTls | null }
  | { readonly name: string; readonly problem: string };

/**
 * The context that the `docker` command uses now: what `docker context use` or DOCKER_CONTEXT says.
 * Null for the default one, which stands for the default socket.
 */
export async function currentContext({ env, home }: Surroundings): Promise<DockerContext | null> {
  const folder = env.DOCKER_CONFIG || join(home, '.docker');
  const name = env.DOCKER_CONTEXT || (await nameInConfig(folder));
  if (name === undefined || name === '' || name === 'default') return null;
  // The folder of a context is named by the hash of its name.
  const id = createHash('sha256').update(name).digest('hex');
  const meta = await readJson(join(folder, 'contexts', 'meta', id, 'meta.json'));
  const endpoint = (meta as ContextMeta | null)?.Endpoints?.docker;
  if (typeof endpoint?.Host !== 'string') {
    return { name, problem: `${folder} has no docker context of that name with an address` };
  }
  const isVerified = endpoint.SkipTLSVerify !== true;
  const tls = await readTls(join(folder, 'contexts', 'tls', id, 'docker'), isVerified);
  const isSecure = tls.ca !== undefined || tls.cert !== undefined;
  return { name, host: endpoint.Host, tls: isSecure ? tls : null };
}

/** What a folder with certificates asks for; the system's certificates decide where it has none. */
export async function readTls(folder: string, isVerified = true): Promise<EngineTls> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readText(join(folder, file))),
  );
  return { ca, cert, key, isVerified };
}

async function nameInConfig(folder: string): Promise<string | undefined> {
  const config = (await readJson(join(folder, 'config.json'))) as { currentContext?: unknown };
  return typeof config?.currentContext === 'string' ? config.currentContext : undefined;
}

interface ContextMeta {
  readonly Endpoints?: {
    readonly docker?: { readonly Host?: unknown; readonly SkipTLSVerify?: unknown };
  };
}

/** Null for a file that is not there or is no JSON: `docker` itself goes on without it as well. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
