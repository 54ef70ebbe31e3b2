import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Long enough for all of them to have loaded their modules. */
const HEAD_START_MS = 1500;

/**
 * Runs a script of this folder in several processes and returns what they print. Its first argument
 * is the instant at which all of them shall begin, milliseconds since the epoch.
 */
export async function runTogether(
  script: string,
  processes: number,
  args: readonly string[],
): Promise<string[]> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const beginAt = `${Date.now() + HEAD_START_MS}`;
  const run = () =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', file, beginAt, ...args]);
  const ended = await Promise.all(Array.from({ length: processes }, run));
  return ended.map(({ stdout }) => stdout);
}
