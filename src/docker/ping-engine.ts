import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { agentFor, type EngineAddress } from './engine-address.ts';

/** An engine of this kind answered, or why not. */
export type Ping =
  | { readonly answered: true; readonly apiVersion: string }
  | { readonly answered: false; readonly problem: string };

export interface PingOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Asks the address whether a Docker engine for Linux containers is there. Rejects on abort only. */
export async function pingEngine(address: EngineAddress, options: PingOptions): Promise<Ping> {
  options.signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    const { status, headers } = await get(address, signal);
    const apiVersion = headers['api-version'];
    if (status !== 200 || typeof apiVersion !== 'string') {
      return failed(`something answers, but not as a Docker engine (HTTP ${status})`);
    }
    if (headers.ostype === 'windows') {
      return failed('it runs Windows containers; switch Docker Desktop to Linux containers');
    }
    return { answered: true, apiVersion };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (timeout.aborted) return failed(`it did not answer within ${options.timeoutMs} ms`);
    return failed(explain(error, address));
  }
}

function failed(problem: string): Ping {
  return { answered: false, problem };
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function get(address: EngineAddress, signal: AbortSignal): Promise<Answer> {
  const isSecure = address.kind === 'tcp' && address.tls !== null;
  const target =
    address.kind === 'socket'
      ? { socketPath: address.path }
      : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? requestHttps : requestHttp)(
      { ...target, path: '/_ping', headers: { host: 'docker' }, agent: agentFor(address), signal },
      (response) => {
        response.on('error', reject).resume();
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      },
    );
    request.on('error', reject).end();
  });
}

function explain(error: unknown, address: EngineAddress): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such socket';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not open it';
    case 'ECONNREFUSED':
      return address.kind === 'socket'
        ? 'the socket is there, but nothing listens on it'
        : 'nothing listens there';
    default:
      return message;
  }
}
