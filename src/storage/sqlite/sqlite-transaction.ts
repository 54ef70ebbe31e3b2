import type { WriteResult } from '../commit.ts';
import type { Prepare } from './statements.ts';

/** What the writes of a batch share. */
export interface Transaction {
  readonly sql: Prepare;
  /** The row of a registered worker. @throws StoreError */
  readonly workerKey: (workerId: string) => number;
  readonly fence: number;
  /** The write at hand has created, admitted or sent something to another run. */
  wakes: boolean;
}

export const COMMITTED: WriteResult = { outcome: 'committed' };
export const CONFLICT: WriteResult = { outcome: 'conflict' };
