import type { Connection } from './connection.ts';
import { isRefusal } from './dynamodb-errors.ts';
import { Busy } from './resolve.ts';
import { Conflict } from './transact.ts';
import { pause } from './wire.ts';
import { newWork, type Work } from './work.ts';

/** For so long a request that fails for a reason that may pass is made again, milliseconds. */
const PATIENCE_MS = 10_000;

export interface Decided<T> {
  readonly result: T;
  /** The partition of the root that decides; null for any. */
  readonly first: string | null;
  /** False for a refusal: whatever may have been changed is not written. */
  readonly write: boolean;
}

/**
 * Decides on what is there and writes it, anew each time somebody else was faster.
 * @param first the number that the first of its things gets.
 * @param trusting what this connection wrote last may be taken to be still there: if it is not,
 *   nothing is written.
 * @throws what the driver throws
 */
export async function perform<T>(
  connection: Connection,
  decide: (work: Work) => Promise<Decided<T>>,
  { first = 0, trusting = false } = {},
): Promise<T> {
  const since = performance.now();
  let [tries, trusts] = [0, trusting];
  for (let attempt = 0; ; attempt++) {
    const work = newWork(connection, attempt, { next: first }, trusts);
    try {
      const { result, first: decider, write } = await decide(work);
      const wrote = write && (await work.commit(decider));
      // A refusal holds only for what is there, and so does "nothing to do".
      if (wrote || !work.trusted) return result;
    } catch (error) {
      const passing = error instanceof Conflict || error instanceof Busy;
      if (!passing && (isRefusal(error) || performance.now() - since > PATIENCE_MS)) throw error;
      if (!work.trusted || !passing) await pause(tries++);
    }
    trusts = false;
  }
}
