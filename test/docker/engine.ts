import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FoundEngine, findEngine } from '../../src/docker/find-engine.ts';
import { importImage, LOCAL_IMAGES } from './images.ts';
import { onPath } from './on-path.ts';
import { type LocalRegistry, startRegistry, waitFor } from './registry.ts';

export interface TestEngine {
  readonly found: FoundEngine;
  /** The `docker` command against it; gives its output. */
  docker(...args: string[]): string;
  /** What can be done to an engine that is the suite's own; null for one that was there. */
  readonly own: OwnEngine | null;
  stop(): Promise<void>;
}

export interface OwnEngine {
  /** Where the images come from; null where there is no registry to be had. */
  readonly registry: LocalRegistry | null;
  signal(name: NodeJS.Signals): void;
  /** Once it has ended. */
  gone(): Promise<void>;
  start(): Promise<void>;
}

export interface NoTestEngine {
  readonly none: string;
}

/**
 * The one place that decides on which engine the suite runs: its own `dockerd` where that can be
 * started, else one that is there and holds nothing of pyworkflow's. With
 * PYWORKFLOW_REQUIRE_DOCKER=1 none is a failure; else the tests are skipped with this reason.
 */
export async function startTestEngine(): Promise<TestEngine | NoTestEngine> {
  const missing = missingForOwn();
  const own = missing === null ? await startOwn() : { none: `no dockerd of our own: ${missing}` };
  const engine = 'none' in own ? await useFound(own.none) : own;
  if ('none' in engine && process.env.PYWORKFLOW_REQUIRE_DOCKER === '1') {
    throw new Error(`PYWORKFLOW_REQUIRE_DOCKER=1, but there is no engine: ${engine.none}`);
  }
  return engine;
}

function missingForOwn(): string | null {
  if (process.platform !== 'linux') return 'that needs Linux';
  if (process.getuid?.() !== 0) return 'that needs root';
  const programs = ['dockerd', 'docker', 'busybox', 'ldd', 'tar'];
  const absent = programs.find((program) => onPath(program) === null);
  if (absent !== undefined) return `no ${absent} (apt: docker.io busybox-static)`;
  const images = [LOCAL_IMAGES.redis, LOCAL_IMAGES.postgres];
  return images.map((image) => image.missing()).find((reason) => reason !== null) ?? null;
}

async function useFound(whyNotOwn: string): Promise<TestEngine | NoTestEngine> {
  const found = await findEngine();
  if (!found.found) {
    const tried = found.tried.map(({ address, problem }) => `${address}: ${problem}`);
    return { none: `${whyNotOwn}; none is running either (${tried.join('; ')})` };
  }
  if (onPath('docker') === null) return { none: `${whyNotOwn}; no docker command` };
  const docker = dockerAt(found.address.text);
  const filter = ['--filter', 'name=^/?pyworkflow'];
  const ours = docker('ps', '-aq', ...filter) + docker('volume', 'ls', '-q', ...filter);
  if (ours !== '') return { none: `${whyNotOwn}; ${found.address.text} holds data of pyworkflow` };
  return { found, docker, own: null, stop: async () => {} };
}

async function startOwn(): Promise<TestEngine | NoTestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-dockerd-'));
  const socket = join(folder, 'docker.sock');
  const host = `unix://${socket}`;
  const registry = await startRegistry(folder);
  let daemon: ChildProcess;
  let ended: Promise<void> = Promise.resolve();
  const orphans: number[] = [];
  const start = async () => {
    await oldContainerdGone(join(folder, 'exec/containerd/containerd.pid'));
    const log = openSync(join(folder, 'log'), 'a');
    const options = {
      host,
      'data-root': join(folder, 'data'),
      'exec-root': join(folder, 'exec'),
      pidfile: join(folder, 'pid'),
      // Nothing of this machine's network is touched; ports are published by a proxy process.
      iptables: 'false',
      bridge: 'none',
      ...(registry !== null && { 'registry-mirror': registry.mirror }),
    };
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    daemon = spawn(onPath('dockerd') ?? '', args, { stdio: ['ignore', log, log] });
    ended = new Promise((resolve) => daemon.once('exit', () => resolve()));
    const env = { DOCKER_HOST: host };
    const isUp = async () => (await findEngine({ env })).found;
    if (!(await waitFor(isUp, () => daemon.exitCode !== null))) {
      throw new Error(`dockerd does not start: ${lastLines(join(folder, 'log'))}`);
    }
  };
  const stop = async () => {
    daemon.kill('SIGTERM');
    await ended;
    await registry?.stop();
    sweep(folder);
  };
  try {
    await start();
  } catch (error) {
    await stop();
    return { none: (error as Error).message };
  }
  const own: OwnEngine = {
    registry,
    signal: (name) => {
      if (name === 'SIGKILL') orphans.push(...childrenOf(daemon.pid));
      daemon.kill(name);
    },
    gone: async () => {
      await ended;
      killAll(orphans.splice(0));
    },
    start,
  };
  const found = (await findEngine({ env: { DOCKER_HOST: host } })) as FoundEngine;
  for (const image of Object.values(LOCAL_IMAGES)) importImage(host, image);
  const engine = { found, docker: dockerAt(host), own, stop };
  if (registry !== null) pushImages(engine, registry);
  return engine;
}

/** From here on they have to be pulled, under the names of Docker Hub. */
function pushImages({ docker }: Pick<TestEngine, 'docker'>, { store }: LocalRegistry): void {
  for (const { tag } of [LOCAL_IMAGES.redis, LOCAL_IMAGES.postgres]) {
    const pushed = `${store}/library/${tag}`;
    docker('tag', tag, pushed);
    docker('push', pushed);
    docker('rmi', tag, pushed);
  }
}

function dockerAt(host: string) {
  return (...args: string[]) =>
    execFileSync('docker', ['-H', host, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
}

/**
 * After a SIGKILL the next dockerd may meet its containerd on the way out, take it for alive and
 * wait for it in vain.
 */
async function oldContainerdGone(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await waitFor(async () => {
    const status = readProc(pid, 'status');
    return status === '' || status.includes('State:\tZ');
  });
  rmSync(pidFile, { force: true });
}

/** What a dockerd leaves behind that could not be started again after its SIGKILL, and its folder. */
function sweep(folder: string): void {
  killAll(pids().filter((pid) => readProc(pid, 'cmdline').includes(folder)));
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  for (const path of mounts.map((line) => line.split(' ')[1] ?? '').reverse()) {
    if (path.startsWith(`${folder}/`)) execFileSync('umount', ['-l', path]);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Among them the proxies that hold the published ports, and go on to when dockerd is killed. */
function childrenOf(daemon: number | undefined): number[] {
  return pids().filter((pid) => readProc(pid, 'status').includes(`PPid:\t${daemon}\n`));
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function killAll(victims: readonly number[]): void {
  for (const pid of victims) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').slice(-2).join(' / ');
}
