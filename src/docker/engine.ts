import type Docker from 'dockerode';
import { MissingDependencyError } from '../core/errors.ts';
import { agentFor, type EngineAddress, isLocal } from './engine-address.ts';
import { engineFailure } from './engine-failure.ts';
import type { FoundEngine } from './find-engine.ts';

/** A Docker engine that can be asked for things. It holds no connection and needs no closing. */
export interface Engine {
  /** As `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** Whether it publishes ports on this machine. */
  readonly isLocal: boolean;
  readonly docker: Docker;
}

/**
 * Loads what talks to the engine.
 * @throws {MissingDependencyError} where dockerode was left out of the installation.
 */
export async function connectEngine({ address }: Pick<FoundEngine, 'address'>): Promise<Engine> {
  const { default: Dockerode } = await import('dockerode').catch((error: unknown) => {
    throw new MissingDependencyError('dockerode', 'Starting services with Docker', error);
  });
  // dockerode reads DOCKER_HOST and its kin for whatever is not given here.
  const nothing = { socketPath: undefined, host: undefined, port: undefined, protocol: 'http' };
  const certificates = { ca: undefined, cert: undefined, key: undefined, timeout: undefined };
  const options = { ...nothing, ...certificates, ...target(address), agent: agentFor(address) };
  return {
    address: address.text,
    isLocal: isLocal(address),
    docker: new Dockerode({ ...options, pathPrefix: '/' } as Docker.DockerOptions),
  };
}

function target(address: EngineAddress): object {
  if (address.kind === 'socket') return { socketPath: address.path };
  const protocol = address.tls === null ? 'http' : 'https';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return { protocol, host: `${protocol}://${host}`, port: address.port };
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Until the engine has answered; 30 s. */
  readonly timeoutMs?: number;
}

/**
 * One request to the engine.
 * @param doing what it is for, as `creating the volume x`; errors name it.
 * @throws {DockerError} when the engine is gone, silent or refuses: `details.status` is its answer.
 * @throws the reason of the caller's signal.
 */
export async function ask<T>(
  engine: Engine,
  doing: string,
  request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  { signal, timeoutMs = 30_000 }: AskOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  let called = () => {};
  // An answer that breaks off in the middle would never settle dockerode's promise.
  const stopped = new Promise<never>((_, reject) => {
    called = () => reject(stop.reason);
    stop.addEventListener('abort', called, { once: true });
  });
  try {
    return await Promise.race([request(engine.docker, stop), stopped]);
  } catch (error) {
    signal?.throwIfAborted();
    throw engineFailure(engine.address, doing, deadline.aborted ? { timeoutMs } : error);
  } finally {
    stop.removeEventListener('abort', called);
  }
}

/** As `ask`; null when the engine knows no such thing. */
export async function askOrNull<T>(
  ...[engine, doing, request, options]: Parameters<typeof ask<T>>
): Promise<T | null> {
  const answer = async (...args: Parameters<typeof request>) => {
    try {
      return await request(...args);
    } catch (error) {
      if ((error as { statusCode?: unknown }).statusCode === 404) return null;
      throw error;
    }
  };
  return ask<T | null>(engine, doing, answer, options);
}
