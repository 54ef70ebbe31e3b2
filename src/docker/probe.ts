import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { HOST, type ServiceName } from './services.ts';

/** Whether the server behind the port does its work; null, or why not. Never rejects. */
export type Probe = (port: number, timeoutMs: number) => Promise<string | null>;

/**
 * Ours, since engines differ in whether they run health checks at all. A connection says nothing:
 * the engine's proxy accepts it before there is a server.
 */
export const PROBES: Readonly<Record<ServiceName, Probe>> = {
  redis: (port, timeoutMs) => exchange(port, timeoutMs, RESP_PING, readRedis),
  postgres: (port, timeoutMs) => exchange(port, timeoutMs, postgresStartup(), readPostgres),
  dynamodb: probeHttp,
};

const RESP_PING = Buffer.from('*1\r\n$4\r\nPING\r\n');

/** `undefined` while the answer is not whole. */
type Reader = (answer: Buffer) => string | null | undefined;

function readRedis(answer: Buffer): string | null | undefined {
  const text = answer.toString('latin1');
  if (!text.includes('\r\n')) return undefined;
  const [line = ''] = text.split('\r\n');
  // One that wants a password does its work.
  return line === '+PONG' || line.startsWith('-NOAUTH') ? null : `it answers ${line}`;
}

const PROTOCOL_3_0 = 196_608;
/** Starting up, shutting down or recovering. */
const CANNOT_CONNECT_NOW = '57P03';

function postgresStartup(): Buffer {
  const parameters = 'user\0pyworkflow\0database\0pyworkflow\0\0';
  const message = Buffer.alloc(8 + parameters.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(PROTOCOL_3_0, 4);
  message.write(parameters, 8);
  return message;
}

/** Not SSLRequest: that one is answered while the database still recovers. */
function readPostgres(answer: Buffer): string | null | undefined {
  const kind = String.fromCharCode(answer[0] ?? 0);
  if (kind === 'R') return null;
  if (kind !== 'E') return 'it answers, but not as PostgreSQL';
  if (answer.length < 5 || answer.length < 1 + answer.readUInt32BE(1)) return undefined;
  const fields = answer.subarray(5).toString('utf8').split('\0');
  const code = fields.find((field) => field.startsWith('C'))?.slice(1);
  const message = fields.find((field) => field.startsWith('M'))?.slice(1);
  // Any other refusal, such as of the password, comes from a server that does its work.
  return code === CANNOT_CONNECT_NOW ? (message ?? code) : null;
}

function exchange(port: number, timeoutMs: number, question: Buffer, read: Reader) {
  return new Promise<string | null>((resolve) => {
    const socket: Socket = connect({ port, host: HOST });
    const end = (problem: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(problem);
    };
    const timer = setTimeout(end, timeoutMs, 'it does not answer');
    let answer = Buffer.alloc(0);
    socket.on('connect', () => socket.write(question));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      const result = read(answer);
      if (result !== undefined) end(result);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.on('close', () => end('it closes the connection'));
  });
}

function probeHttp(port: number, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const ask = request({ port, host: HOST, path: '/', agent: false, signal }, (response) => {
      response.on('error', () => {}).resume();
      resolve(null);
    });
    ask.on('error', (error: NodeJS.ErrnoException) =>
      resolve(signal.aborted ? 'it does not answer' : (error.code ?? error.message)),
    );
    ask.end();
  });
}
