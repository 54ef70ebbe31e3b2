import { createHash } from 'node:crypto';

/** Lower case only: there are file systems to which `Run` and `run` are one name. */
const PLAIN = /^[a-z0-9][a-z0-9_-]{0,79}$/;
/** Names that Windows keeps for itself, whatever comes after the dot. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * The file name of an id, without its ending: the id itself where that is harmless everywhere, else
 * `=` and a hash of it. Two ids never share a name, and no name leaves its folder.
 */
export function fileName(id: string): string {
  return PLAIN.test(id) && !RESERVED.test(id) ? id : `=${hash(id).slice(0, 40)}`;
}

/** Which of 256 folders a run's log lies in: the end of its name where it is hexadecimal. */
export function shardOf(id: string): string {
  const end = fileName(id).slice(-2);
  return /^[0-9a-f]{2}$/.test(end) ? end : hash(id).slice(0, 2);
}

/** As JSON: in UTF-8 all halves of surrogate pairs are alike. */
function hash(id: string): string {
  return createHash('sha256').update(JSON.stringify(id)).digest('hex');
}

/** Numbers that sort by name. */
export function numbered(number: number): string {
  return String(number).padStart(8, '0');
}

/** The numbers of the files with that ending, ascending. */
export function numbersOf(names: readonly string[], ending: string): number[] {
  return names
    .filter((name) => name.endsWith(ending) && /^\d{8,}$/.test(name.slice(0, -ending.length)))
    .map((name) => Number(name.slice(0, -ending.length)))
    .sort((a, b) => a - b);
}
