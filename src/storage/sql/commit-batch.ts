import { StoreError } from '../../core/errors.ts';
import type { CreateRun, Write, WriteResult } from '../commit.ts';
import { advance } from './decide-advance.ts';
import { create } from './decide-create.ts';
import { deliver } from './decide-deliver.ts';
import { saveSchedule } from './decide-schedule.ts';
import { type Facts, NOT_LOADED, noFacts } from './facts.ts';
import { flush } from './flush.ts';
import { forgetGates } from './flush-gates.ts';
import { load } from './load.ts';
import { known, newPass, type Pass } from './pass.ts';
import { type Dialect, type Rows, statement } from './server.ts';
import { type SqlLease, UNPROVEN } from './sql-lease.ts';
import { indexed } from './text.ts';
import type { Attempt, Plan, Transactor } from './transactor.ts';

/** What the store's connections remember between transactions. */
export interface Memory {
  /** The fence as it was last seen; null before the first look. */
  fence: number | null;
  readonly workers: Map<string, number>;
}

/**
 * Writes a batch in one transaction (ADR 0012): decide on what is known; read what is missing, in
 * one round trip for all writes; when nothing is missing, write everything in one more. Plain
 * advances and new runs need no reading: what they take for granted is checked by the server.
 */
export async function commitBatch(
  transactor: Transactor,
  dialect: Dialect,
  memory: Memory,
  batch: readonly Write[],
): Promise<readonly WriteResult[]> {
  if (batch.length === 0) return [];
  try {
    const done = await transactor.transact((attempt) => decide(dialect, memory, batch, attempt));
    return done ?? [];
  } catch (error) {
    for (const write of batch) {
      if (write.op === 'advance') (write.lease as SqlLease).fence = UNPROVEN;
    }
    throw error;
  }
}

async function decide(
  dialect: Dialect,
  memory: Memory,
  batch: readonly Write[],
  attempt: Attempt,
): Promise<Plan<readonly WriteResult[]>> {
  const facts = noFacts();
  const cautious = attempt.after === 'duplicate';
  if (attempt.after === 'refused') memory.fence = null;
  for (;;) {
    const pass = newPass(facts, memory.fence ?? UNPROVEN, cautious, (one, workerId) =>
      workerKey(one, memory, workerId),
    );
    const results = decideAll(pass, batch);
    const complete = !pass.wants.any && (facts.fence !== null || memory.fence !== null);
    if (complete) return planOf(dialect, memory, pass, facts, batch, results);
    await load(attempt.load, dialect, pass.wants, facts);
    memory.fence = facts.fence;
  }
}

function decideAll(pass: Pass, batch: readonly Write[]): WriteResult[] {
  const results: WriteResult[] = [];
  for (const write of batch) {
    pass.wakes = false;
    try {
      const result = decideOne(pass, write);
      const wakes = pass.wakes && result.outcome === 'committed';
      results.push(wakes ? { ...result, wakes } : result);
    } catch (error) {
      // The others may say what they need as well.
      if (error !== NOT_LOADED) throw error;
    }
  }
  return results;
}

/** Every refusal is decided before the first change, so a refused write leaves nothing behind. */
function decideOne(pass: Pass, write: Write): WriteResult {
  switch (write.op) {
    case 'advance':
      return advance(pass, write);
    case 'create':
      return create(pass, write);
    case 'deliver':
      return deliver(pass, write);
    case 'schedule':
      return saveSchedule(pass, write);
  }
}

/** @throws StoreError if there is no such worker */
function workerKey(pass: Pass, { workers }: Memory, workerId: string): number {
  const remembered = workers.get(workerId);
  if (remembered !== undefined) return remembered;
  const found = known<number | null>(pass, 'workers', workerId);
  if (found === null) throw new StoreError(`Worker ${workerId} is not registered`);
  workers.set(workerId, found);
  return found;
}

function planOf(
  dialect: Dialect,
  memory: Memory,
  pass: Pass,
  facts: Facts,
  batch: readonly Write[],
  results: readonly WriteResult[],
): Plan<readonly WriteResult[]> {
  const claimed = pass.changes.newRuns.filter((run) => run.claimed).map((run) => run.runId);
  const find = `SELECT id, run_id FROM @runs WHERE ${dialect.among('run_id')}`;
  return {
    writes: [...flush(dialect, pass.changes), ...forgetGates(dialect, emptyGates(pass, facts))],
    reads: claimed.length === 0 ? [] : [statement(find, claimed)],
    // Read under its lock, it stands still until the end of the transaction.
    fence: facts.fence === null ? memory.fence : null,
    result([rows = []]) {
      for (const [lease, { sequence, released, proven }] of pass.leases) {
        Object.assign(lease, { sequence, released }, proven ? { fence: pass.fence } : {});
      }
      return withLeases(pass, batch, results, rows);
    },
  };
}

function withLeases(
  pass: Pass,
  batch: readonly Write[],
  results: readonly WriteResult[],
  rows: Rows,
): WriteResult[] {
  const ids = new Map(rows.map((row) => [row.run_id as string, row.id as number]));
  return results.map((result, index) => {
    const write = batch[index];
    if (write?.op !== 'create' || result.outcome !== 'committed') return result;
    const id = pass.created.get(write.run.runId)?.claimed === true && ids.get(write.run.runId);
    return typeof id === 'number' ? { ...result, lease: leaseOf(write, id, pass.fence) } : result;
  });
}

function leaseOf(
  { run, events, gates = [], workerId }: CreateRun,
  id: number,
  fence: number,
): SqlLease {
  return {
    runId: run.runId,
    workerId: workerId ?? '',
    epoch: 1,
    id,
    sequence: events.length,
    fence,
    released: false,
    gates: gates.map((gate) => indexed(gate.name)),
    scheduleId: run.scheduleId,
  };
}

/** They have been locked, so their rows are there; and nobody stands at them. */
function emptyGates({ gates }: Pass, facts: Facts): string[] {
  return [...facts.gates.keys()].filter((name) => {
    const now = gates.get(name) ?? facts.gates.get(name);
    return now !== undefined && now.holders + now.waiting === 0;
  });
}
