import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { WorkerRecord } from '../../storage/store.ts';

/** This process as a worker record describes it. */
export function processIdentity(): Pick<WorkerRecord, 'host' | 'pid' | 'processKey'> {
  return { host: hostname(), pid: process.pid, processKey: processKey(process.pid) };
}

/**
 * True if the worker's process is certainly gone: it ran on this machine, in this pid namespace,
 * and no process with its pid and start time exists. When in doubt false: its lease expires anyway.
 */
export function isCertainlyDead(worker: WorkerRecord): boolean {
  if (worker.host !== hostname() || worker.processKey === null) return false;
  const [place, start] = worker.processKey.split('#');
  const [ownPlace] = processKey(process.pid)?.split('#') ?? [];
  if (place === undefined || place !== ownPlace) return false;
  return processKey(worker.pid)?.split('#')[1] !== start;
}

/** Boot and pid namespace, then the process's start time: on Linux only (proc(5)). */
function processKey(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = readlinkSync('/proc/self/ns/pid');
    return `${boot}/${namespace}#${startTime(pid)}`;
  } catch {
    return null;
  }
}

function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may hold anything; the fields after it are numbers. Field 3 is the
    // state (a zombie is dead), field 22 the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'gone' : (fields[19] ?? 'gone');
  } catch {
    return 'gone';
  }
}
