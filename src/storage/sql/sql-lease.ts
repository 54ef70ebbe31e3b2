import type { Lease } from '../store.ts';

/**
 * A lease as the SQL servers' stores keep it. Only its holder appends to the run, so its position is
 * known here; and as long as nobody has taken any lease by force (the fence stands still) a commit
 * need not read the run to prove its epoch. What the end of the run has to take care of is known
 * here as well.
 */
export interface SqlLease extends Lease {
  readonly id: number;
  /** Of the last event written under this lease. */
  sequence: number;
  /** The fence at which the epoch was last seen to be right; `UNPROVEN` after a failure. */
  fence: number;
  released: boolean;
  /** Of the gates at which the run holds a place, as `indexed`. */
  readonly gates: readonly string[];
  readonly scheduleId: string | null;
}

/** What became of the last commit under this lease is not known: look at the run, and at its history. */
export const UNPROVEN = -1;
