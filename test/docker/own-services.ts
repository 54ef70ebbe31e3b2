import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, type TestContext } from 'vitest';
import { down } from '../../src/docker/down.ts';
import { connectEngine, type Engine } from '../../src/docker/engine.ts';
import type { ServiceName } from '../../src/docker/services.ts';
import { type NoTestEngine, type OwnEngine, startTestEngine, type TestEngine } from './engine.ts';
import { freePort } from './registry.ts';

export interface Suite {
  readonly engine: Engine;
  readonly test: TestEngine;
  /** Free on this machine, so that servers of the machine are in nobody's way. */
  readonly ports: Readonly<Record<ServiceName, number>>;
}

/** Gives the file an engine, and every test an empty one. Skips, with the reason, where none is. */
export function useEngine(): () => Suite {
  let choice: TestEngine | NoTestEngine = { none: 'it was not started' };
  let suite: Suite | undefined;
  beforeAll(async () => {
    choice = await startTestEngine();
    if ('none' in choice) return;
    const [redis, postgres, dynamodb] = await Promise.all([freePort(), freePort(), freePort()]);
    const engine = await connectEngine(choice.found);
    suite = { engine, test: choice, ports: { redis, postgres, dynamodb } };
  });
  beforeEach((context) => {
    if ('none' in choice) context.skip(`no Docker engine: ${choice.none}`);
  });
  afterEach(async () => {
    if (suite !== undefined) await down(suite.engine, { volumes: true });
  });
  afterAll(async () => {
    if (!('none' in choice)) await choice.stop();
  });
  return () => {
    if (suite === undefined) throw new Error('there is no engine');
    return suite;
  };
}

/** What only an engine of our own may be put through; skips the test for one that was there. */
export function ownEngine({ test }: Suite, context: TestContext): OwnEngine {
  return test.own ?? context.skip('this engine is not ours to disturb');
}

/** Sends an inline command to a Redis and gives the first line of the answer. */
export function redisCommand(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      const [header = '', body] = text.split('\r\n');
      const isWhole = header.startsWith('$')
        ? body !== undefined && body !== ''
        : text.includes('\r\n');
      if (!isWhole && header !== '$-1') return;
      socket.destroy();
      resolve(header === '$-1' ? 'nothing' : header.startsWith('$') ? (body ?? '') : header);
    });
    socket.on('error', reject);
  });
}
