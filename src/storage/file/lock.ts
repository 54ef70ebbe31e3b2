import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { codeOf, type Files, isMissing, removeIfThere } from './files.ts';
import type { Layout } from './folder.ts';

/** How long a living holder may take for one commit before others go on without it. */
const SILENT_MS = 3000;

/** The right to add to a segment. It is advice: what decides is whether the segment was closed. */
export interface Locks {
  /** False if somebody else has it. */
  readonly take: (segment: number) => boolean;
  readonly release: (segment: number) => void;
  /** What tells this holding of the lock from every other; null if nobody holds it. */
  readonly holder: (segment: number) => string | null;
  /** True once a lock was broken: nothing more may be added to that segment. */
  readonly isBroken: (segment: number) => boolean;
  /** Breaks the lock if its holder is gone, or has had it for too long. */
  readonly breakIfDead: (segment: number, holder: string) => boolean;
}

export function createLocks(files: Files, layout: Layout, silentMs: number = SILENT_MS): Locks {
  const folder = files.identity(layout.locks);
  const seen = { holder: '', since: 0 };

  function isDead(holder: string): boolean {
    const claim = parse(holder);
    if (claim !== null) {
      // A lock that was copied along with its folder.
      if (claim.folder !== folder) return true;
      if (claim.namespace === NAMESPACE && startOf(claim.pid) !== claim.start) return true;
    }
    if (seen.holder !== holder) Object.assign(seen, { holder, since: performance.now() });
    return performance.now() - seen.since > silentMs;
  }

  return {
    take(segment) {
      const { pid } = process;
      const token = randomBytes(8).toString('hex');
      const start = OWN_START;
      const text = JSON.stringify({ pid, start, namespace: NAMESPACE, folder, token });
      try {
        writeNamed(files, layout.lock(segment), text);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        // Windows, while the former one is being removed.
        if (process.platform === 'win32' && codeOf(error) === 'EPERM') return false;
        throw error;
      }
    },
    release: (segment) => void removeIfThere(files, layout.lock(segment)),
    holder(segment) {
      try {
        return files.readText(layout.lock(segment));
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    isBroken: (segment) => files.exists(layout.broken(segment)),
    breakIfDead(segment, holder) {
      if (!isDead(holder)) return false;
      try {
        files.rename(layout.lock(segment), layout.broken(segment));
        files.flushFolder(layout.locks);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      return true;
    },
  };
}

function writeNamed(files: Files, path: string, text: string): void {
  const fd = files.open(path, 'wx');
  try {
    files.write(fd, Buffer.from(text));
  } catch (error) {
    removeIfThere(files, path);
    throw error;
  } finally {
    files.close(fd);
  }
}

interface LockClaim {
  readonly pid: number;
  readonly start: string;
  readonly namespace: string;
  readonly folder: string;
}

/** Null for a lock whose holder has not written its name yet. */
function parse(text: string): LockClaim | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Beyond it, a pid means somebody else. */
const NAMESPACE = ((): string => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return process.platform;
  }
})();

/** What tells a process from a later one with its pid, as far as the system says. */
function startOf(pid: number): string {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? 'gone' : (fields[19] ?? 'gone');
    } catch {
      return 'gone';
    }
  }
  try {
    process.kill(pid, 0);
    return 'there';
  } catch (error) {
    return codeOf(error) === 'EPERM' ? 'there' : 'gone';
  }
}

const OWN_START = startOf(process.pid);
