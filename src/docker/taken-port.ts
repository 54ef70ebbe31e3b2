import { createServer, connect as openSocket } from 'node:net';
import { DockerError } from '../core/errors.ts';
import { type AskOptions, ask, type Engine } from './engine.ts';
import { listeningProcess } from './listening-process.ts';
import { HOST, type ServiceSpec } from './services.ts';

/**
 * The error for a port that somebody else has, and who that is if it can be told.
 * @throws {DockerError} when the engine is gone.
 */
export async function portTaken(
  engine: Engine,
  spec: ServiceSpec,
  port: number,
  options: AskOptions,
): Promise<DockerError> {
  const holder =
    (await publishingContainer(engine, port, options)) ?? (await listeningProcess(port));
  const free = await freePortAfter(port);
  const who = holder === null ? 'another program' : holder;
  return new DockerError(`Port ${port} for ${spec.name} is taken by ${who}`, {
    details: { engine: engine.address, service: spec.name, port, holder, free_port: free },
    hint:
      free === null
        ? `Stop it, or choose another port for ${spec.name}.`
        : `Stop it, or choose another port for ${spec.name}: ${free} is free.`,
  });
}

/** Whether a server can be opened on 127.0.0.1 at this port. */
export async function isPortTaken(port: number): Promise<boolean> {
  // Some systems allow to listen beside a server that listens on all addresses.
  return (await canConnect(port)) || !(await canListen(port));
}

async function freePortAfter(port: number): Promise<number | null> {
  for (let next = port + 1; next <= Math.min(port + 20, 65_535); next++) {
    if (!(await isPortTaken(next))) return next;
  }
  return null;
}

async function publishingContainer(engine: Engine, port: number, options: AskOptions) {
  const containers = await ask(
    engine,
    `asking who has port ${port}`,
    (docker, abortSignal) => docker.listContainers({ abortSignal }),
    options,
  );
  const holder = containers.find(({ Ports }) => Ports.some((p) => p.PublicPort === port));
  const name = holder?.Names[0]?.replace(/^\//, '');
  return holder === undefined ? null : `the container ${name} (image ${holder.Image})`;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // The engine may open what this user may not, such as ports below 1024.
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket({ port, host: HOST, timeout: 500 });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
