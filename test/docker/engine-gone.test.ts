import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { DockerError } from '../../src/core/errors.ts';
import { connectEngine } from '../../src/docker/engine.ts';
import { findEngine } from '../../src/docker/find-engine.ts';
import { readLogs } from '../../src/docker/logs.ts';
import { status } from '../../src/docker/status.ts';
import { up } from '../../src/docker/up.ts';
import { LOCAL_IMAGES } from './images.ts';
import { ownEngine, redisCommand, useEngine } from './own-services.ts';

const suite = useEngine();

const unhandled = vi.fn();
beforeEach(() => void process.on('unhandledRejection', unhandled));
afterEach(() => {
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test.for(['SIGKILL', 'SIGTERM'] as const)(
  'by %s in the middle of a pull',
  async (name, context) => {
    const own = ownEngine(suite(), context);
    if (own.registry === null) return context.skip('no docker-registry (apt: docker-registry)');
    const { engine, ports, test } = suite();
    test.docker('rmi', '-f', LOCAL_IMAGES.redis.tag);
    const half = own.registry.holdLayers();
    let ready = () => {};
    const otherIsReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const going = up(engine, ['redis', 'dynamodb'], {
      ports,
      onProgress: ({ step }) => step === 'ready' && ready(),
    }).catch((error: unknown) => error);
    await Promise.race([Promise.all([half, otherIsReady]), going]);
    own.signal(name);
    // A polite engine waits for its pulls before it ends.
    if (name === 'SIGTERM') own.registry.release();
    const error = await going;
    own.registry.release();
    await own.gone();
    await own.start();
    if (name === 'SIGKILL' || error instanceof Error) {
      expect(error).toBeInstanceOf(DockerError);
      expect(error).toMatchObject({ code: 'DOCKER', details: { engine: engine.address } });
    }
    // What was finished is kept, the rest is done now.
    const results = await up(engine, ['redis', 'dynamodb'], { ports });
    expect(results.map(({ port }) => port)).toEqual([ports.redis, ports.dynamodb]);
  },
);

test('while a server is waited for', async (context) => {
  const own = ownEngine(suite(), context);
  const { engine, ports, test } = suite();
  const { tag } = LOCAL_IMAGES.dynamodb;
  test.docker('tag', tag, 'kept:latest');
  // A Redis that never answers: a container that sleeps in its stead.
  test.docker('tag', tag, LOCAL_IMAGES.redis.tag);
  onTestFinished(() => void test.docker('rmi', '-f', LOCAL_IMAGES.redis.tag));
  const going = up(engine, ['redis'], {
    ports,
    onProgress: ({ step }) => {
      if (step === 'wait') own.signal('SIGKILL');
    },
  });
  await expect(going).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringMatching(/^The Docker engine at unix:\S+ went away while looking at/),
    hint: expect.stringContaining('Start it and try again'),
  });
  await own.gone();
  await own.start();
});

test('while a log is followed', async (context) => {
  const own = ownEngine(suite(), context);
  const { engine, ports } = suite();
  await up(engine, ['dynamodb'], { ports });
  const follower = readLogs(engine, 'dynamodb', { follow: true });
  await follower.next();
  own.signal('SIGKILL');
  await expect(follower.next()).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringContaining('went away while reading the log of pyworkflow-dynamodb'),
  });
  await own.gone();
  await own.start();
});

test('before anything is asked', async (context) => {
  const own = ownEngine(suite(), context);
  const { engine, ports } = suite();
  own.signal('SIGTERM');
  await own.gone();
  for (const call of [() => status(engine), () => up(engine, ['redis'], { ports })]) {
    await expect(call()).rejects.toMatchObject({
      code: 'DOCKER',
      message: expect.stringContaining(`The Docker engine at ${engine.address} went away`),
    });
  }
  const search = await findEngine({ env: { DOCKER_HOST: engine.address } });
  expect(search).toMatchObject({ found: false, tried: [{ how: 'DOCKER_HOST' }] });
  await own.start();
});

test('and back: the containers are there again, with their data', async (context) => {
  const own = ownEngine(suite(), context);
  const { engine, ports, test } = suite();
  await up(engine, ['redis'], { ports });
  await redisCommand(ports.redis, 'SET city Bergen');
  own.signal('SIGTERM');
  await own.gone();
  await own.start();
  // The very same handle: it holds no connection that could be stale.
  await up(engine, ['redis'], { ports });
  expect(await redisCommand(ports.redis, 'GET city')).toBe('Bergen');
  expect(test.docker('ps', '--format', '{{.Names}}')).toBe('pyworkflow-redis');
});

test('called off in the middle of a pull', async (context) => {
  const own = ownEngine(suite(), context);
  if (own.registry === null) return context.skip('no docker-registry (apt: docker-registry)');
  const { ports, test } = suite();
  const engine = await connectEngine(test.found);
  test.docker('rmi', '-f', LOCAL_IMAGES.redis.tag);
  const half = own.registry.holdLayers();
  const stop = new AbortController();
  const going = up(engine, ['redis'], { ports, signal: stop.signal });
  const settled = expect(going).rejects.toThrow('enough');
  await half;
  stop.abort(new Error('enough'));
  await settled;
  own.registry.release();
});
