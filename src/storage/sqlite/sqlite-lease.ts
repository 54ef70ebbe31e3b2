import type { Lease } from '../store.ts';

/**
 * A lease as this store keeps it. Only its holder appends to the run, so the position is known here
 * and a commit needs no read to find it; and as long as nobody has taken any lease by force (the
 * database's fence number stands still), a commit needs no read to prove its epoch either.
 */
export interface SqliteLease extends Lease {
  /** The run's row. */
  readonly key: number;
  /**
   * Its end frees places at gates or is counted by a schedule. Known when the lease is taken: a run
   * that is held is admitted nowhere.
   */
  readonly counted: boolean;
  /** Of the last event written under this lease. */
  sequence: number;
  /** The fence number at which the epoch was last seen to be right. */
  fence: number;
  released: boolean;
}
