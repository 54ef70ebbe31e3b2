import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTENING = '0A';

/**
 * The process of this machine that listens on the port, as `redis-server (pid 812)`. Null where it
 * cannot be told: on systems without /proc, and for processes of other users.
 */
export async function listeningProcess(port: number, proc = '/proc'): Promise<string | null> {
  try {
    const inodes = await socketsListening(port, proc);
    if (inodes.size === 0) return null;
    for (const pid of await readdir(proc)) {
      if (!/^\d+$/.test(pid) || !(await holdsOne(`${proc}/${pid}/fd`, inodes))) continue;
      const name = (await readFile(`${proc}/${pid}/comm`, 'utf8')).trim();
      return `${name} (pid ${pid})`;
    }
  } catch {
    // No /proc, or the process ended meanwhile.
  }
  return null;
}

async function socketsListening(port: number, proc: string): Promise<Set<string>> {
  const inodes = new Set<string>();
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['tcp', 'tcp6']) {
    const text = await readFile(`${proc}/net/${table}`, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const columns = line.trim().split(/\s+/);
      const [, local = '', , state] = columns;
      if (state === LISTENING && local.endsWith(suffix)) inodes.add(`socket:[${columns[9]}]`);
    }
  }
  return inodes;
}

async function holdsOne(folder: string, links: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(folder).catch(() => []);
  for (const file of files) {
    if (links.has(await readlink(`${folder}/${file}`).catch(() => ''))) return true;
  }
  return false;
}
