import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { down } from '../../src/docker/down.ts';
import { readLogs } from '../../src/docker/logs.ts';
import { SERVICE_NAMES } from '../../src/docker/services.ts';
import { status } from '../../src/docker/status.ts';
import { type UpProgress, up } from '../../src/docker/up.ts';
import { LOCAL_IMAGES } from './images.ts';
import { ownEngine, redisCommand, useEngine } from './own-services.ts';
import { freePort } from './registry.ts';

const suite = useEngine();

const idOf = (container: string) => suite().test.docker('inspect', '-f', '{{.Id}}', container);
const states = async () => (await status(suite().engine)).map(({ state }) => state);

test('up brings all services from nothing to an answer', async () => {
  const { engine, ports, test } = suite();
  const told: UpProgress[] = [];
  const results = await up(engine, SERVICE_NAMES, { ports, onProgress: (step) => told.push(step) });

  expect(results).toEqual([
    expect.objectContaining({ service: 'redis', port: ports.redis, outcome: 'created' }),
    expect.objectContaining({ service: 'postgres', port: ports.postgres, outcome: 'created' }),
    expect.objectContaining({ service: 'dynamodb', port: ports.dynamodb, outcome: 'created' }),
  ]);
  for (const service of SERVICE_NAMES) {
    const steps = told.filter((step) => step.service === service && step.step !== 'pull');
    expect(steps.map(({ step }) => step)).toEqual(['create', 'wait', 'ready']);
  }
  expect(await redisCommand(ports.redis, 'CONFIG GET appendonly')).toMatch(/^\*2/);
  expect(await states()).toEqual(['healthy', 'healthy', 'healthy']);

  const published = test.docker('ps', '--format', '{{.Names}} {{.Ports}}').split('\n').sort();
  expect(published).toEqual([
    `pyworkflow-dynamodb 127.0.0.1:${ports.dynamodb}->8000/tcp`,
    `pyworkflow-postgres 127.0.0.1:${ports.postgres}->5432/tcp`,
    expect.stringContaining(`127.0.0.1:${ports.redis}->6379/tcp`),
  ]);
  const facts =
    '{{.HostConfig.RestartPolicy.Name}} {{json .Config.Labels}} {{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}';
  expect(test.docker('inspect', '-f', facts, 'pyworkflow-redis')).toBe(
    'unless-stopped {"pyworkflow.service":"redis"} pyworkflow',
  );
});

test('a missing image is pulled, with its bytes counted', async (context) => {
  const { registry } = ownEngine(suite(), context);
  if (registry === null) return context.skip('no docker-registry (apt: docker-registry)');
  const { engine, ports, test } = suite();
  test.docker('rmi', '-f', LOCAL_IMAGES.redis.tag);
  const told: UpProgress[] = [];
  await up(engine, ['redis'], { ports, onProgress: (step) => told.push(step) });
  const pulls = told.filter((step) => step.step === 'pull');
  const last = pulls.at(-1);
  expect(last).toMatchObject({ image: 'redis:7-alpine', layers: 1, layersDone: 1 });
  expect(last?.bytes).toBeGreaterThan(1_000_000);
  expect(last?.totalBytes).toBe(last?.bytes);
  const bytes = pulls.map((step) => step.bytes);
  expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
});

test('a second up leaves everything as it is', async () => {
  const { engine, ports } = suite();
  await up(engine, ['redis', 'dynamodb'], { ports });
  const before = [idOf('pyworkflow-redis'), idOf('pyworkflow-dynamodb')];
  const told: UpProgress[] = [];
  const again = await up(engine, ['redis', 'dynamodb'], {
    onProgress: (step) => told.push(step),
  });
  expect(again.map(({ outcome, port }) => [outcome, port])).toEqual([
    ['unchanged', ports.redis],
    ['unchanged', ports.dynamodb],
  ]);
  expect(new Set(told.map(({ step }) => step))).toEqual(new Set(['wait', 'ready']));
  expect([idOf('pyworkflow-redis'), idOf('pyworkflow-dynamodb')]).toEqual(before);
});

test('two at once agree', async () => {
  const { engine, ports } = suite();
  const both = await Promise.all([
    up(engine, ['dynamodb'], { ports }),
    up(engine, ['dynamodb'], { ports }),
  ]);
  expect(both.flat().map(({ port }) => port)).toEqual([ports.dynamodb, ports.dynamodb]);
  expect(await states()).toEqual(['absent', 'absent', 'healthy']);
});

test('a stopped container is started, a paused one goes on', async () => {
  const { engine, ports, test } = suite();
  await up(engine, ['redis'], { ports });
  const id = idOf('pyworkflow-redis');
  test.docker('stop', 'pyworkflow-redis');
  expect(await states()).toEqual(['stopped', 'absent', 'absent']);
  expect(await up(engine, ['redis'])).toMatchObject([{ outcome: 'started', port: ports.redis }]);

  test.docker('pause', 'pyworkflow-redis');
  expect(await states()).toEqual(['paused', 'absent', 'absent']);
  expect(await up(engine, ['redis'])).toMatchObject([{ outcome: 'started' }]);
  expect(idOf('pyworkflow-redis')).toBe(id);
});

test('another port makes the container anew and keeps the data', async () => {
  const { engine, ports } = suite();
  await up(engine, ['redis', 'postgres'], { ports });
  expect(await redisCommand(ports.redis, 'SET city Bergen')).toBe('+OK');
  const id = idOf('pyworkflow-redis');
  const other = await freePort();
  const told: UpProgress[] = [];
  const result = await up(engine, ['redis', 'postgres'], {
    ports: { redis: other, postgres: ports.postgres },
    onProgress: (step) => told.push(step),
  });
  expect(result.map(({ outcome }) => outcome)).toEqual(['recreated', 'unchanged']);
  const changes = [`port ${ports.redis} becomes ${other}`];
  expect(told).toContainEqual({ service: 'redis', step: 'recreate', changes });
  expect(await redisCommand(other, 'GET city')).toBe('Bergen');
  expect(idOf('pyworkflow-redis')).not.toBe(id);
  await expect(redisCommand(ports.redis, 'PING')).rejects.toThrow('ECONNREFUSED');
});

test('down keeps the data, unless it is told otherwise', async () => {
  const { engine, ports } = suite();
  await up(engine, ['redis'], { ports });
  await redisCommand(ports.redis, 'SET city Bergen');
  expect(await down(engine)).toEqual({
    containers: ['pyworkflow-redis'],
    volumes: [],
    network: true,
    foreign: [],
  });
  expect(await states()).toEqual(['absent', 'absent', 'absent']);

  await up(engine, ['redis'], { ports });
  expect(await redisCommand(ports.redis, 'GET city')).toBe('Bergen');
  const { volumes } = await down(engine, { services: ['redis'], volumes: true });
  expect(volumes).toEqual(['pyworkflow-redis-data']);

  await up(engine, ['redis'], { ports });
  expect(await redisCommand(ports.redis, 'GET city')).toBe('nothing');
});

test('down with nothing there has nothing to do', async () => {
  const nothing = { containers: [], volumes: [], network: false, foreign: [] };
  expect(await down(suite().engine, { volumes: true })).toEqual(nothing);
});

test('a port that a process has is told before anything is made', async () => {
  const { engine, ports } = suite();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports.redis, '0.0.0.0', resolve));
  onTestFinished(() => void server.close());
  const who = process.platform === 'linux' ? `\\S+ \\(pid ${process.pid}\\)` : 'another program';
  await expect(up(engine, ['dynamodb', 'redis'], { ports })).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringMatching(`^Port ${ports.redis} for redis is taken by ${who}$`),
    hint: expect.stringMatching(/choose another port for redis: \d+ is free/),
  });
  expect(await states()).toEqual(['absent', 'absent', 'absent']);
});

test('a port that a container has is told by its name', async () => {
  const { engine, ports } = suite();
  await up(engine, ['redis'], { ports });
  await expect(up(engine, ['dynamodb'], { ports: { dynamodb: ports.redis } })).rejects.toThrow(
    `Port ${ports.redis} for dynamodb is taken by the container pyworkflow-redis (image redis:7-alpine)`,
  );
});

test("somebody else's container of the name is refused and left alone", async () => {
  const { engine, ports, test } = suite();
  const image = LOCAL_IMAGES.dynamodb.tag;
  test.docker('create', '--network', 'none', '--name', 'pyworkflow-dynamodb', image);
  onTestFinished(() => void test.docker('rm', '-f', 'pyworkflow-dynamodb'));
  const id = idOf('pyworkflow-dynamodb');
  await expect(up(engine, ['dynamodb'], { ports })).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringContaining('was not made by pyworkflow'),
    hint: expect.stringContaining('docker rm -f pyworkflow-dynamodb'),
  });
  expect(await states()).toEqual(['absent', 'absent', 'foreign']);
  expect(await down(engine, { volumes: true })).toMatchObject({ foreign: ['pyworkflow-dynamodb'] });
  expect(idOf('pyworkflow-dynamodb')).toBe(id);
  await expect(readLogs(engine, 'dynamodb').next()).rejects.toThrow('was not made by pyworkflow');
});

test('logs come line by line, from both streams, and can be followed', async () => {
  const { engine, ports, test } = suite();
  await up(engine, ['postgres'], { ports });
  const lines = [];
  for await (const line of readLogs(engine, 'postgres')) lines.push(line);
  expect(new Set(lines.map(({ stream }) => stream))).toEqual(new Set(['stdout', 'stderr']));
  expect(lines.map(({ text }) => text).join('\n')).toContain('ready to accept connections');
  for (const { time } of lines) expect(Date.parse(time)).not.toBeNaN();

  const last = [];
  for await (const line of readLogs(engine, 'postgres', { tail: 1 })) last.push(line);
  expect(last).toHaveLength(1);

  const follower = readLogs(engine, 'postgres', { follow: true, tail: 0 });
  const next = follower.next();
  setTimeout(() => test.docker('stop', 'pyworkflow-postgres'), 100);
  expect((await next).value?.text).toContain('shutdown');
  const rest = [];
  for await (const line of follower) rest.push(line);
  expect(rest.length).toBeGreaterThan(0);
});

test('following ends without an error when it is called off', async () => {
  const { engine, ports } = suite();
  await up(engine, ['dynamodb'], { ports });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 200);
  const options = { follow: true, signal: stop.signal };
  const lines = [];
  for await (const { text } of readLogs(engine, 'dynamodb', options)) lines.push(text);
  expect(lines.length).toBeGreaterThan(0);
  await expect(readLogs(engine, 'redis').next()).rejects.toThrow('There is no container');
});

test('a server that ends at once is told with its last words', async (context) => {
  ownEngine(suite(), context);
  const { engine, ports, test } = suite();
  const { tag } = LOCAL_IMAGES.dynamodb;
  test.docker('tag', tag, 'kept:latest');
  test.docker('tag', LOCAL_IMAGES.broken.tag, tag);
  onTestFinished(() => void test.docker('tag', 'kept:latest', tag));
  await expect(up(engine, ['dynamodb'], { ports })).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringMatching(/pyworkflow-dynamodb ended at once.*\n(no luck\n?)+$/s),
    hint: 'See the whole log with: docker logs pyworkflow-dynamodb',
  });
  const [, , dynamodb] = await status(engine);
  expect(['unhealthy', 'stopped']).toContain(dynamodb?.state);
});

test('an image that nobody has is an error with a way out', async (context) => {
  ownEngine(suite(), context);
  const { engine, ports, test } = suite();
  const { tag } = LOCAL_IMAGES.dynamodb;
  test.docker('tag', tag, 'kept:latest');
  test.docker('rmi', tag);
  onTestFinished(() => void test.docker('tag', 'kept:latest', tag));
  await expect(up(engine, ['dynamodb'], { ports })).rejects.toMatchObject({
    code: 'DOCKER',
    message: expect.stringContaining(`The image ${tag} cannot be pulled`),
    hint: expect.stringContaining(`docker pull ${tag}`),
  });
  expect(await states()).toEqual(['absent', 'absent', 'absent']);
});
