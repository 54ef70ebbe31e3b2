import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DockerError } from '../../../src/core/errors.ts';
import { ask, askOrNull, connectEngine, type Engine } from '../../../src/docker/engine.ts';
import { parseAddress } from '../../../src/docker/engine-address.ts';
import { status } from '../../../src/docker/status.ts';
import { up } from '../../../src/docker/up.ts';
import { listenOn, temporaryFolder } from './fake-engine.ts';

async function engineThat(answer: Parameters<typeof listenOn>[1]): Promise<Engine> {
  return engineAt(await listenOn(join(temporaryFolder(), 'docker.sock'), answer));
}

function engineAt(text: string): Promise<Engine> {
  const address = parseAddress(text);
  if ('problem' in address) throw new Error(address.problem);
  return connectEngine({ address });
}

const version = (engine: Engine, options = {}) =>
  ask(engine, 'asking its version', (docker) => docker.version(), options);

it('gives the answer', async () => {
  const engine = await engineThat((_, response) => response.end('{"Version":"1"}'));
  expect(await version(engine)).toEqual({ Version: '1' });
});

it('passes on a refusal in the words of the engine', async () => {
  const engine = await engineThat((_, response) =>
    response.writeHead(500).end('{"message":"no space left on device"}'),
  );
  await expect(version(engine)).rejects.toMatchObject({
    code: 'DOCKER',
    message: `The Docker engine at ${engine.address} failed while asking its version: no space left on device`,
    details: { engine: engine.address, doing: 'asking its version', status: 500 },
  });
});

it('takes "not found" for an answer where that is one', async () => {
  const engine = await engineThat((_, response) => response.writeHead(404).end('{"message":"no"}'));
  const inspect = (docker: Engine['docker']) => docker.getContainer('x').inspect();
  expect(await askOrNull(engine, 'looking', inspect)).toBeNull();
  await expect(ask(engine, 'looking', inspect)).rejects.toBeInstanceOf(DockerError);
});

it.each<[string, Parameters<typeof listenOn>[1]]>([
  ['hangs up', (request) => request.socket.destroy()],
  [
    'breaks off in the middle of its answer',
    (request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"Ver');
      setTimeout(() => request.socket.destroy(), 50);
    },
  ],
  ['says nothing', () => {}],
])('does not wait for ever for one that %s', async (_name, answer) => {
  const engine = await engineThat(answer);
  await expect(version(engine, { timeoutMs: 400 })).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringMatching(
      /^The Docker engine at unix:\S+ (went away|did not answer within 0.4 s) while asking its version/,
    ),
  });
});

it('ends with the reason of whoever calls it off', async () => {
  const engine = await engineThat(() => {});
  const stop = new AbortController();
  const going = version(engine, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(going).rejects.toThrow('enough');
  await expect(version(engine, { signal: stop.signal })).rejects.toThrow('enough');
});

it('says that an engine is not there', async () => {
  const engine = await engineAt(`unix://${temporaryFolder()}/none.sock`);
  await expect(status(engine)).rejects.toMatchObject({
    message: expect.stringContaining(
      'went away while looking at the container pyworkflow-redis (ENOENT)',
    ),
    hint: expect.stringContaining('Start it and try again'),
  });
});

it('starts nothing on an engine of another machine, nor at an impossible port', async () => {
  const engine = await engineAt('tcp://build.example:2375');
  await expect(up(engine, ['redis'])).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringContaining('is on another machine'),
  });
  for (const [ports, path] of [
    [{ redis: 0 }, 'ports.redis'],
    [{ redis: 1.5 }, 'ports.redis'],
    [{ redis: 5432 }, 'ports.postgres'],
  ] as const) {
    await expect(up(engine, ['redis', 'postgres'], { ports })).rejects.toMatchObject({
      code: 'VALIDATION',
      issues: [{ path }],
    });
  }
});
