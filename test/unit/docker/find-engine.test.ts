import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { engineCandidates, type Where } from '../../../src/docker/engine-candidates.ts';
import { findEngine } from '../../../src/docker/find-engine.ts';
import type { Ping } from '../../../src/docker/ping-engine.ts';
import { likeAnEngine, listenOn, temporaryFolder } from './fake-engine.ts';

const LINUX: Where = { env: {}, home: '/home/ada', platform: 'linux', uid: 1000 };

function write(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

function context(folder: string, name: string, host: string, more: object = {}): string {
  const id = createHash('sha256').update(name).digest('hex');
  const endpoint = { Host: host, ...more };
  write(join(folder, 'contexts/meta', id, 'meta.json'), {
    Name: name,
    Endpoints: { docker: endpoint },
  });
  return join(folder, 'contexts/tls', id, 'docker');
}

it('looks in the usual places of a system, the one of `docker ps` first', async () => {
  const at = async (where: Partial<Where>) =>
    (await engineCandidates({ ...LINUX, ...where })).map(({ how, text }) => `${how}: ${text}`);
  expect(await at({})).toEqual([
    'the default socket: unix:///var/run/docker.sock',
    'rootless Docker: unix:///run/user/1000/docker.sock',
    'Docker Desktop: unix:///home/ada/.docker/run/docker.sock',
    'Docker Desktop: unix:///home/ada/.docker/desktop/docker.sock',
    'OrbStack: unix:///home/ada/.orbstack/run/docker.sock',
    'Colima: unix:///home/ada/.colima/default/docker.sock',
    'Rancher Desktop: unix:///home/ada/.rd/docker.sock',
    'rootless Podman: unix:///run/user/1000/podman/podman.sock',
    'Podman: unix:///run/podman/podman.sock',
  ]);
  const env = { XDG_RUNTIME_DIR: '/tmp/run' };
  expect(await at({ env })).toContain('rootless Docker: unix:///tmp/run/docker.sock');
  expect(await at({ platform: 'darwin', home: '/Users/ada' })).toEqual([
    'the default socket: unix:///var/run/docker.sock',
    'Docker Desktop: unix:///Users/ada/.docker/run/docker.sock',
    'Docker Desktop: unix:///Users/ada/.docker/desktop/docker.sock',
    'OrbStack: unix:///Users/ada/.orbstack/run/docker.sock',
    'Colima: unix:///Users/ada/.colima/default/docker.sock',
    'Rancher Desktop: unix:///Users/ada/.rd/docker.sock',
  ]);
  expect((await at({ platform: 'win32', uid: null }))[0]).toBe(
    'the default pipe: npipe:////./pipe/docker_engine',
  );
});

it('takes DOCKER_HOST and nothing else', async () => {
  const home = temporaryFolder();
  write(join(home, '.docker/config.json'), { currentContext: 'other' });
  const candidates = (env: Where['env']) => engineCandidates({ ...LINUX, home, env });
  expect(await candidates({ DOCKER_HOST: 'unix:///a.sock' })).toEqual([
    {
      how: 'DOCKER_HOST',
      text: 'unix:///a.sock',
      address: { kind: 'socket', path: '/a.sock', text: 'unix:///a.sock' },
    },
  ]);
  const [plain] = await candidates({ DOCKER_HOST: 'tcp://127.0.0.1:2375' });
  expect(plain?.address).toMatchObject({ host: '127.0.0.1', port: 2375, tls: null });
  write(join(home, 'certs/ca.pem'), 'CA');
  const [secure] = await candidates({
    DOCKER_HOST: 'tcp://build:2376',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: join(home, 'certs'),
  });
  expect(secure?.address).toMatchObject({ host: 'build', tls: { ca: 'CA', isVerified: true } });
});

it.each([
  ['ssh://ada@build', 'engines behind ssh are not supported'],
  ['unix://', 'it names no socket'],
  ['tcp://', 'it has no host and port'],
  ['localhost:2375', 'it is none of unix://PATH'],
])('says what is wrong with DOCKER_HOST=%s', async (text, problem) => {
  expect(await findEngine({ ...LINUX, env: { DOCKER_HOST: text } })).toEqual({
    found: false,
    tried: [{ how: 'DOCKER_HOST', address: text, problem: expect.stringContaining(problem) }],
    hint: 'Start that engine, or correct or unset DOCKER_HOST.',
  });
});

it('follows the current context, also of another folder or by name', async () => {
  const home = temporaryFolder();
  const folder = join(home, '.docker');
  write(join(folder, 'config.json'), { currentContext: 'desktop-linux' });
  context(folder, 'desktop-linux', 'unix:///desktop.sock');
  const tls = context(folder, 'build', 'tcp://build:2376', { SkipTLSVerify: true });
  for (const name of ['ca', 'cert', 'key']) write(join(tls, `${name}.pem`), name.toUpperCase());
  const first = async (env: Where['env']) => (await engineCandidates({ ...LINUX, home, env }))[0];

  expect(await first({})).toMatchObject({
    how: "the docker context 'desktop-linux'",
    address: { kind: 'socket', path: '/desktop.sock' },
  });
  expect(await first({ DOCKER_CONTEXT: 'build' })).toMatchObject({
    address: { host: 'build', tls: { ca: 'CA', cert: 'CERT', key: 'KEY', isVerified: false } },
  });
  expect(await first({ DOCKER_CONTEXT: 'default' })).toMatchObject({ how: 'the default socket' });
  expect(await first({ DOCKER_CONFIG: '/nowhere' })).toMatchObject({ how: 'the default socket' });
  expect(await first({ DOCKER_CONTEXT: 'gone' })).toMatchObject({
    address: { problem: `${folder} has no docker context of that name with an address` },
  });
  write(join(folder, 'config.json'), '{ broken');
  expect(await first({})).toMatchObject({ how: 'the default socket' });
});

it('finds the first one that answers, and says how', async () => {
  const home = temporaryFolder();
  const env = { XDG_RUNTIME_DIR: join(home, 'run') };
  await listenOn(join(home, 'run/podman/podman.sock'), likeAnEngine);
  await listenOn(join(home, '.docker/run/docker.sock'), (_, response) => response.end('hello'));
  expect(await findEngine({ ...LINUX, env, home })).toMatchObject({
    found: true,
    how: expect.stringMatching(/^rootless Podman$|^the default socket$/),
    apiVersion: expect.any(String),
  });
});

it('tells what was tried where none answers', async () => {
  const home = temporaryFolder();
  const answers: Record<string, Ping> = {
    'unix:///var/run/docker.sock': { answered: false, problem: 'this user may not open it' },
  };
  const search = await findEngine({
    ...LINUX,
    home,
    ping: async ({ text }) => answers[text] ?? { answered: false, problem: 'no such socket' },
  });
  if (search.found) throw new Error('found');
  expect(search.tried).toHaveLength(9);
  expect(search.tried[0]).toEqual({
    how: 'the default socket',
    address: 'unix:///var/run/docker.sock',
    problem: 'this user may not open it',
  });
  expect(search.hint).toContain('usermod -aG docker');
});

it.each<[string, Parameters<typeof listenOn>[1], string]>([
  ['is another server', (_, response) => response.end('hello'), 'not as a Docker engine'],
  [
    'runs Windows containers',
    (_, response) => response.setHeader('Api-Version', '1.41').setHeader('Ostype', 'windows').end(),
    'it runs Windows containers',
  ],
  ['is silent', () => {}, 'it did not answer within 200 ms'],
  ['hangs up', (request) => request.socket.destroy(), 'socket hang up'],
])('does not take for an engine what %s', async (_name, answer, problem) => {
  const address = await listenOn(join(temporaryFolder(), 'docker.sock'), answer);
  const search = await findEngine({ ...LINUX, env: { DOCKER_HOST: address }, timeoutMs: 200 });
  expect(search).toMatchObject({
    found: false,
    tried: [{ problem: expect.stringContaining(problem) }],
  });
});

it('names a socket that is not there, and one that nobody listens on', async () => {
  const home = temporaryFolder();
  const problem = async (host: string) => {
    const search = await findEngine({ ...LINUX, env: { DOCKER_HOST: host } });
    return search.found ? null : search.tried[0]?.problem;
  };
  expect(await problem(`unix://${home}/none.sock`)).toBe('there is no such socket');
  write(join(home, 'file.sock'), '');
  expect(await problem(`unix://${home}/file.sock`)).toContain('nothing listens on it');
  expect(await problem('tcp://127.0.0.1:1')).toBe('nothing listens there');
});

it('stops when it is called off', async () => {
  const address = await listenOn(join(temporaryFolder(), 'docker.sock'), () => {});
  const stop = new AbortController();
  const search = findEngine({ ...LINUX, env: { DOCKER_HOST: address }, signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(search).rejects.toThrow('enough');
});
