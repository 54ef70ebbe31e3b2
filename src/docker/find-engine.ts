import { homedir } from 'node:os';
import type { EngineAddress } from './engine-address.ts';
import { engineCandidates, type Where } from './engine-candidates.ts';
import { pingEngine } from './ping-engine.ts';

export interface FoundEngine {
  readonly found: true;
  readonly address: EngineAddress;
  /** As `DOCKER_HOST`, `the docker context 'desktop-linux'`, `the default socket`, `Podman`. */
  readonly how: string;
  /** Of the Engine API, as `1.41`. */
  readonly apiVersion: string;
}

export interface NoEngine {
  readonly found: false;
  /** In the order of the tries. */
  readonly tried: readonly Attempt[];
  /** What the user can do about it. */
  readonly hint: string;
}

export interface Attempt {
  readonly how: string;
  readonly address: string;
  readonly problem: string;
}

export interface FindEngineOptions extends Partial<Where> {
  readonly signal?: AbortSignal;
  /** For each address; 3 s. */
  readonly timeoutMs?: number;
  readonly ping?: typeof pingEngine;
}

/**
 * Looks for a Docker engine: DOCKER_HOST, then the current docker context, else the default socket,
 * rootless Docker, Docker Desktop and its kin, Podman. None is an answer and not an error.
 * @throws only the reason of `signal`.
 */
export async function findEngine(options: FindEngineOptions = {}): Promise<FoundEngine | NoEngine> {
  const where: Where = {
    env: options.env ?? process.env,
    home: options.home ?? homedir(),
    platform: options.platform ?? process.platform,
    uid: options.uid ?? process.getuid?.() ?? null,
  };
  const ping = options.ping ?? pingEngine;
  const tried: Attempt[] = [];
  for (const { how, text, address } of await engineCandidates(where)) {
    if ('problem' in address) {
      tried.push({ how, address: text, problem: address.problem });
      continue;
    }
    const { signal, timeoutMs = 3_000 } = options;
    const answer = await ping(address, { signal, timeoutMs });
    if (answer.answered) return { found: true, address, how, apiVersion: answer.apiVersion };
    tried.push({ how, address: text, problem: answer.problem });
  }
  return { found: false, tried, hint: hintFor(tried, where) };
}

function hintFor(tried: readonly Attempt[], { platform }: Where): string {
  const [only] = tried;
  const locked = tried.find(({ problem }) => problem.includes('may not open'));
  if (locked !== undefined && platform === 'linux') {
    return `Join the group of ${locked.address} (sudo usermod -aG docker $USER, then log in again).`;
  }
  if (tried.length === 1 && only !== undefined) {
    return only.how === 'DOCKER_HOST'
      ? 'Start that engine, or correct or unset DOCKER_HOST.'
      : 'Start that engine, or choose another one with: docker context use default';
  }
  const install = platform === 'linux' ? 'Docker Engine or Podman' : 'Docker Desktop';
  return `Start ${install} (https://docs.docker.com/get-docker), or set DOCKER_HOST to where it is.`;
}
