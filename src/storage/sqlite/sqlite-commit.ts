import type { Write, WriteResult } from '../commit.ts';
import type { SqliteDatabase } from './open-database.ts';
import { advance } from './sqlite-advance.ts';
import { create } from './sqlite-create.ts';
import { deliver } from './sqlite-deliver.ts';
import type { SqliteLease } from './sqlite-lease.ts';
import { saveSchedule } from './sqlite-schedules.ts';
import type { Transaction } from './sqlite-transaction.ts';
import type { Prepare } from './statements.ts';

/** Writes a batch in one transaction. Throws the driver's errors; then nothing was written. */
export function commitBatch(
  db: SqliteDatabase,
  sql: Prepare,
  workerKey: (workerId: string) => number,
  batch: readonly Write[],
): WriteResult[] {
  const results: WriteResult[] = [];
  sql('BEGIN IMMEDIATE').run();
  try {
    const transaction: Transaction = {
      sql,
      workerKey,
      fence:
        sql<{ value: number }>(`SELECT value FROM meta WHERE name = 'fence'`).get()?.value ?? 0,
      wakes: false,
    };
    for (const write of batch) {
      transaction.wakes = false;
      const result = writeOne(transaction, write);
      const wakes = transaction.wakes && result.outcome === 'committed';
      results.push(wakes ? { ...result, wakes } : result);
    }
    sql('COMMIT').run();
    return results;
  } catch (error) {
    if (db.inTransaction) sql('ROLLBACK').run();
    takeBack(batch, results);
    throw error;
  }
}

/** Makes a lease prove its epoch at its next commit. */
const UNPROVEN = -1;

/** What is known of a lease in memory must not outrun the disk: back to where the batch began. */
function takeBack(batch: readonly Write[], results: readonly WriteResult[]): void {
  for (let index = results.length - 1; index >= 0; index--) {
    const write = batch[index];
    if (write?.op !== 'advance' || results[index]?.outcome !== 'committed') continue;
    const lease = write.lease as SqliteLease;
    lease.sequence = write.expectedSequence;
    lease.released = false;
    lease.fence = UNPROVEN;
  }
}

/** Every refusal is decided before the first change, so a refused write leaves nothing behind. */
function writeOne(tx: Transaction, write: Write): WriteResult {
  switch (write.op) {
    case 'advance':
      return advance(tx, write);
    case 'create':
      return create(tx, write);
    case 'deliver':
      return deliver(tx, write);
    case 'schedule':
      return saveSchedule(tx, write);
  }
}
