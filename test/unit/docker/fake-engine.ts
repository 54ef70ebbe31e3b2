import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pyworkflow-docker-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Something that speaks HTTP on a socket until the test ends. */
export async function listenOn(socket: string, answer: RequestListener): Promise<string> {
  mkdirSync(dirname(socket), { recursive: true });
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `unix://${socket}`;
}

/** What an engine says to a ping. */
export const likeAnEngine: RequestListener = (_request, response) => {
  response.setHeader('Api-Version', '1.41').setHeader('Ostype', 'linux').end('OK');
};
