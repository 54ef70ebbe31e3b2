import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** What a TLS connection to an engine needs, in PEM. */
export interface EngineTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly isVerified: boolean;
}

/** Where an engine listens. `text` is how people write it. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly tls: EngineTls | null;
      readonly text: string;
    };

/** The address, or what is wrong with the text. */
export function parseAddress(
  text: string,
  tls: EngineTls | null = null,
): EngineAddress | { readonly problem: string } {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  switch (scheme) {
    case 'unix':
    case 'npipe':
      if (rest === '') return { problem: `it names no ${scheme === 'unix' ? 'socket' : 'pipe'}` };
      return { kind: 'socket', path: rest, text };
    case 'tcp':
    case 'http':
    case 'https':
      return parseTcp(text, scheme, rest, tls);
    case 'ssh':
      return {
        problem:
          'engines behind ssh are not supported; forward the socket with ' +
          '`ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST` and set DOCKER_HOST=unix:///tmp/docker.sock',
      };
    default:
      return { problem: 'it is none of unix://PATH, npipe://PATH and tcp://HOST:PORT' };
  }
}

/** Whether what the engine publishes on its loopback can be reached from here. */
export function isLocal(address: EngineAddress): boolean {
  return address.kind === 'socket' || /^(localhost|127\.[\d.]+|::1)$/.test(address.host);
}

/** Connections are not kept: one that an engine left behind would fail the next request. */
export function agentFor(address: EngineAddress): HttpAgent | HttpsAgent {
  if (address.kind === 'socket' || address.tls === null) return new HttpAgent();
  const { ca, cert, key, isVerified } = address.tls;
  return new HttpsAgent({ ca, cert, key, rejectUnauthorized: isVerified });
}

function parseTcp(
  text: string,
  scheme: string,
  rest: string,
  tls: EngineTls | null,
): EngineAddress | { readonly problem: string } {
  const secure = tls ?? (scheme === 'https' ? TRUSTING_THE_SYSTEM : null);
  const url = URL.canParse(`tcp://${rest}`) ? new URL(`tcp://${rest}`) : null;
  if (url === null || url.hostname === '') return { problem: 'it has no host and port' };
  const port = url.port === '' ? (secure === null ? 2375 : 2376) : Number(url.port);
  return { kind: 'tcp', host: url.hostname.replace(/^\[|\]$/g, ''), port, tls: secure, text };
}

const TRUSTING_THE_SYSTEM: EngineTls = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  isVerified: true,
};
