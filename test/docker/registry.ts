import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onPath } from './on-path.ts';

/** A registry of this machine, behind a door that can be held shut in the middle of a layer. */
export interface LocalRegistry {
  /** Where the engine pulls. */
  readonly mirror: string;
  /** Where images are pushed, as `127.0.0.1:5000`. */
  readonly store: string;
  /** From now on half of each layer comes, and then nothing. Resolves at the first half. */
  holdLayers(): Promise<void>;
  /** Lets go what is held and holds no more. */
  release(): void;
  stop(): Promise<void>;
}

/** Null where Debian's `docker-registry` is not installed. */
export async function startRegistry(folder: string): Promise<LocalRegistry | null> {
  const program = onPath('docker-registry');
  if (program === null) return null;
  const store = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'registry.yml');
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(folder, 'registry') } },
      http: { addr: store },
    }),
  );
  const process = spawn(program, ['serve', config], { stdio: 'ignore' });
  await waitFor(async () => (await fetch(`http://${store}/v2/`)).ok);
  return withDoor(store, process);
}

async function withDoor(store: string, process: ChildProcess): Promise<LocalRegistry> {
  let onHalf: (() => void) | null = null;
  const held = new Set<() => void>();
  const server: Server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    const forward = request(`http://${store}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      const isLayer = url.includes('/blobs/') && Number(answer.headers['content-length']) > 100_000;
      if (onHalf === null || !isLayer) answer.pipe(outgoing);
      else holdHalf(answer, outgoing, onHalf, held);
    });
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const release = () => {
    onHalf = null;
    for (const letGo of held) letGo();
    held.clear();
  };
  return {
    mirror: `http://127.0.0.1:${port}`,
    store,
    holdLayers: () =>
      new Promise((resolve) => {
        onHalf = resolve;
      }),
    release,
    stop: async () => {
      release();
      server.closeAllConnections();
      server.close();
      const ended = new Promise((resolve) => process.once('exit', resolve));
      process.kill();
      await ended;
    },
  };
}

function holdHalf(
  answer: NodeJS.ReadableStream & { headers: NodeJS.Dict<string | string[]> },
  outgoing: ServerResponse,
  onHalf: () => void,
  held: Set<() => void>,
): void {
  const half = Number(answer.headers['content-length']) / 2;
  let passed = 0;
  answer.on('data', (chunk: Buffer) => {
    outgoing.write(chunk);
    passed += chunk.length;
    if (passed < half) return;
    answer.removeAllListeners('data');
    answer.pause();
    held.add(() => answer.pipe(outgoing));
    onHalf();
  });
}

export async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks again and again, for a minute at most. */
export async function waitFor(
  isSo: () => Promise<boolean>,
  giveUp = () => false,
): Promise<boolean> {
  for (let tries = 0; tries < 600 && !giveUp(); tries++) {
    if (await isSo().catch(() => false)) return true;
    await sleep(100);
  }
  return false;
}
