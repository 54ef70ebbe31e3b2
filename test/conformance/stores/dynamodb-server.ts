import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import dynalite from 'dynalite';

/** What a request asks for, and what may be done to it. */
export interface Asked {
  /** PutItem, UpdateItem, ... */
  readonly operation: string;
  readonly body: {
    readonly TableName?: string;
    readonly IndexName?: string;
    readonly Item?: { readonly pk?: { S?: string }; readonly sk?: { S?: string } };
    readonly Key?: { readonly pk?: { S?: string }; readonly sk?: { S?: string } };
    readonly RequestItems?: { readonly [table: string]: unknown };
  };
}

export type Meddler = (asked: Asked) => undefined | Meddling | Promise<undefined | Meddling>;

export type Meddling =
  /** Answered with an error; it does not reach the table. */
  | { readonly refuse: string; readonly status?: number }
  /** Answered with this. */
  | { readonly answer: object }
  /** Done, but the connection breaks instead of an answer. */
  | { readonly lose: 'answer' }
  /** The connection breaks before it is done. */
  | { readonly lose: 'request' };

/** A real implementation of the protocol in this process, and somebody on the line to it. */
export interface DynamoServer {
  readonly endpoint: string;
  meddle(with_: Meddler): () => void;
  close(): Promise<void>;
}

export const WRITES: readonly string[] = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

export async function startDynamo(): Promise<DynamoServer> {
  const real: Server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const port = await listening(real);
  const meddlers = new Set<Meddler>();

  const [handle] = real.listeners('request') as ((a: IncomingMessage, b: ServerResponse) => void)[];
  real.removeAllListeners('request');
  real.on('request', (incoming: IncomingMessage, answer: ServerResponse) => {
    if (meddlers.size === 0) handle?.(incoming, answer);
    else void meddleWith(incoming, answer);
  });

  async function meddleWith(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const text = await textOf(incoming);
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    let meddling: undefined | Meddling;
    for (const meddler of meddlers) {
      meddling ??= await meddler({ operation, body: text === '' ? {} : JSON.parse(text) });
    }
    if (meddling !== undefined && 'refuse' in meddling) {
      const type = `com.amazonaws.dynamodb.v20120810#${meddling.refuse}`;
      reply(answer, meddling.status ?? 400, { __type: type, message: 'refused by the test' });
    } else if (meddling !== undefined && 'answer' in meddling) {
      reply(answer, 200, meddling.answer);
    } else if (meddling?.lose === 'request') {
      incoming.socket.destroy();
    } else {
      // As it came, for who reads it for the first time.
      const { method, url, headers, socket } = incoming;
      const again = Object.assign(Readable.from([Buffer.from(text)]), {
        method,
        url,
        headers,
        socket,
      });
      if (meddling?.lose === 'answer') answer.end = () => answer.destroy();
      handle?.(again as unknown as IncomingMessage, answer);
    }
  }

  return {
    endpoint: `http://127.0.0.1:${port}`,
    meddle(meddler) {
      meddlers.add(meddler);
      return () => void meddlers.delete(meddler);
    },
    async close() {
      real.closeAllConnections();
      await new Promise((resolve) => real.close(resolve));
    },
  };
}

function reply(answer: ServerResponse, status: number, body: object): void {
  answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  answer.end(JSON.stringify(body));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** Where the driver looks for credentials; the server takes any. */
export function pretendCredentials(): void {
  process.env.AWS_ACCESS_KEY_ID = 'test';
  process.env.AWS_SECRET_ACCESS_KEY = 'test';
  process.env.AWS_REGION = 'eu-central-1';
}
