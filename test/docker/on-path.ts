import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the program is, or null. Daemons are found as well, which are not on everybody's path. */
export function onPath(program: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}
