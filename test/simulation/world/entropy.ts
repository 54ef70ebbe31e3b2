import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { newSecret } from '../../../src/core/id.ts';
import { createRandom, type Random } from './random.ts';

/**
 * Takes the place of everything the engine draws from the outside: ids, secrets, the spread of
 * retries. With it a seed gives the same run ids every time.
 */
let source: Random = createRandom(0);
let filled = 0;

crypto.randomFillSync = ((buffer: Buffer) => {
  filled++;
  for (let at = 0; at < buffer.length; at++) buffer[at] = source.int(256);
  return buffer;
}) as typeof crypto.randomFillSync;
syncBuiltinESMExports();
Math.random = () => source.next();

// Its only use in what is simulated is to keep a waiting process from ending; here it would keep
// every process of every seed in memory.
const realSetInterval = setInterval;
globalThis.setInterval = ((fn: () => void, ms: number) =>
  ms >= 2 ** 30 ? {} : realSetInterval(fn, ms)) as typeof setInterval;

export function seedEntropy(random: Random): void {
  source = random;
  const before = filled;
  // Ids are drawn from a pool: what the seed before has left of it must not matter.
  while (filled === before) newSecret();
}
