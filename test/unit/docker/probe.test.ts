import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { PROBES } from '../../../src/docker/probe.ts';
import type { ServiceName } from '../../../src/docker/services.ts';

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Asks a server that does this with what it is sent. */
async function probe(service: ServiceName, react: (socket: Socket, question: Buffer) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', (question) => react(socket, question));
  });
  return PROBES[service](await listen(server), 300);
}

const says = (...pieces: (string | Buffer)[]) => {
  return (socket: Socket) => {
    for (const [index, piece] of pieces.entries())
      setTimeout(() => socket.write(piece), index * 20);
  };
};

function postgresError(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const header = Buffer.from('E\0\0\0\0');
  header.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}

it.each<[string, ServiceName, (string | Buffer)[], string | null]>([
  ['a Redis', 'redis', ['+PONG\r\n'], null],
  ['a Redis in pieces', 'redis', ['+PO', 'NG\r', '\n'], null],
  ['a Redis with a password', 'redis', ['-NOAUTH Authentication required.\r\n'], null],
  ['a Redis that loads', 'redis', ['-LOADING dataset\r\n'], 'it answers -LOADING dataset'],
  [
    'no Redis',
    'redis',
    ['HTTP/1.1 400 Bad Request\r\n\r\n'],
    'it answers HTTP/1.1 400 Bad Request',
  ],
  ['a PostgreSQL', 'postgres', [Buffer.from('R\0\0\0\x08\0\0\0\0')], null],
  ['one with another password', 'postgres', [postgresError('28P01', 'no')], null],
  [
    'one that starts',
    'postgres',
    [
      postgresError('57P03', 'starting').subarray(0, 9),
      postgresError('57P03', 'starting').subarray(9),
    ],
    'starting',
  ],
  ['no PostgreSQL', 'postgres', ['+PONG\r\n'], 'it answers, but not as PostgreSQL'],
])('knows %s by its answer', async (_name, service, pieces, problem) => {
  expect(await probe(service, says(...pieces))).toBe(problem);
});

it('asks each in its own language', async () => {
  const asked: Buffer[] = [];
  const remember = (socket: Socket, question: Buffer) => {
    asked.push(question);
    socket.destroy();
  };
  for (const service of ['redis', 'postgres'] as const) {
    expect(await probe(service, remember)).toMatch(/closes|ECONNRESET/);
  }
  expect(asked[0]?.toString()).toBe('*1\r\n$4\r\nPING\r\n');
  expect(asked[1]?.readUInt32BE(0)).toBe(asked[1]?.length);
  expect(asked[1]?.subarray(8).toString()).toBe('user\0pyworkflow\0database\0pyworkflow\0\0');
});

it.each(['redis', 'postgres', 'dynamodb'] as const)('gives up on a silent %s', async (service) => {
  expect(await probe(service, () => {})).toBe('it does not answer');
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await PROBES[service](port, 300)).toBe('ECONNREFUSED');
});

it('takes any HTTP answer for a DynamoDB', async () => {
  const server = createHttpServer((_, response) => response.writeHead(400).end());
  expect(await PROBES.dynamodb(await listen(server), 300)).toBeNull();
});
