import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../cli-parts.ts';
import type { Io } from '../io.ts';
import { templateFiles, writeFiles } from '../scaffold.ts';

/** A temporary project for the demo. */
export interface Stage {
  readonly folder: string;
  readonly configFile: string;
  /** Where the steps count themselves. */
  readonly logFile: string;
  /** The environment without settings that would lead away from this folder. */
  readonly env: Readonly<Record<string, string | undefined>>;
  clear(): Promise<void>;
}

export async function setStage(io: Io): Promise<Stage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pyworkflow-demo-')));
  await writeFiles(templateFiles('demo', folder), folder);
  const settings = Object.entries(io.env).filter(([name]) => !name.startsWith('PYWORKFLOW_'));
  return {
    folder,
    configFile: join(folder, 'pyworkflow.config.yaml'),
    logFile: join(folder, 'steps.log'),
    env: Object.fromEntries(settings),
    clear: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly name: string;
  readonly pid: number;
  /** Sends the signal and waits for the end. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** What it had to complain about. */
  complaints(): string;
}

export function startWorkerProcess(
  { folder, configFile, env }: Stage,
  name: string,
): WorkerProcess {
  const bin = join(PACKAGE_ROOT, 'bin', 'pyworkflow.js');
  const args = [bin, 'worker', 'run', '--quiet', '--config', configFile, '--name', name];
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let complaints = '';
  child.on('error', (error) => {
    complaints += error.message;
  });
  child.stderr?.on('data', (chunk) => {
    complaints += String(chunk);
  });
  return {
    name,
    pid: child.pid ?? 0,
    complaints: () => complaints,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null && !child.kill(signal)) return;
      await ended;
    },
  };
}
