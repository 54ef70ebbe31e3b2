import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listeningProcess } from '../../../src/docker/listening-process.ts';
import { isPortTaken } from '../../../src/docker/taken-port.ts';

it.each(['127.0.0.1', '0.0.0.0', '::'])('notices a server on %s', async (host) => {
  const server = createServer();
  const isPossible = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(0, host, () => resolve(true));
  });
  if (!isPossible) return; // A machine without IPv6.
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await isPortTaken(port)).toBe(true);
  if (process.platform === 'linux') {
    expect(await listeningProcess(port)).toContain(`(pid ${process.pid})`);
  }
  await new Promise((resolve) => server.close(resolve));
  expect(await isPortTaken(port)).toBe(false);
  expect(await listeningProcess(port)).toBeNull();
});

it('does without /proc', async () => {
  expect(await listeningProcess(80, '/nowhere')).toBeNull();
});
