import type { CreateRun, Write, WriteResult } from '../commit.ts';
import { advance } from './advance.ts';
import type { Connection } from './connection.ts';
import { create } from './create.ts';
import { deliver } from './deliver.ts';
import { runKey, scheduleKey } from './keys.ts';
import type { Lanes } from './lanes.ts';
import { namesOf, numbersFor } from './names-of.ts';
import { takeNumbers } from './numbers.ts';
import { perform } from './perform.ts';
import { saveSchedule } from './save-schedule.ts';
import type { Work } from './work.ts';

/** Each write is a change of its own; those that have nothing in common are made side by side. */
export function createCommitter(
  connection: Connection,
  lanes: Lanes,
  assertWorkers: (ids: readonly string[]) => Promise<void>,
): (batch: readonly Write[]) => Promise<readonly WriteResult[]> {
  // Of a batch that failed in the middle: whoever comes with such a write again gets its answer.
  const made = new WeakMap<Write, WriteResult>();

  return async (batch) => {
    if (batch.length === 0) return [];
    const workers = new Set(batch.flatMap(workersIn));
    if (workers.size > 0) await assertWorkers([...workers]);
    const counts = batch.map(numbersFor);
    const total = counts.reduce((sum, count) => sum + count, 0);
    let next = await takeNumbers(connection.shared.wire, total);
    const answers = await Promise.allSettled(
      batch.map((write, index) => {
        const first = next;
        next += counts[index] ?? 0;
        const before = made.get(write);
        if (before !== undefined) {
          made.delete(write);
          return Promise.resolve(before);
        }
        return lanes.run(namesOf(write, connection.cache), () => make(connection, write, first));
      }),
    );
    const failed = answers.find((answer) => answer.status === 'rejected');
    const results = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : null));
    if (failed === undefined) return results as WriteResult[];
    for (const [index, result] of results.entries()) {
      if (result?.outcome === 'committed') made.set(batch[index] as Write, result);
    }
    throw failed.reason;
  };
}

function make(connection: Connection, write: Write, first: number): Promise<WriteResult> {
  const decider = deciderOf(write);
  return perform<WriteResult>(
    connection,
    async (work) => {
      const result = await decide(connection, work, write);
      if (result.outcome !== 'committed') return { result, first: null, write: false };
      return {
        result: work.wakes ? { ...result, wakes: true as const } : result,
        first: decider,
        write: true,
      };
    },
    { first, trusting: true },
  );
}

/** Every refusal is decided before anything is written. */
function decide(connection: Connection, work: Work, write: Write): Promise<WriteResult> {
  switch (write.op) {
    case 'advance':
      return advance(connection, work, write);
    case 'create':
      return create(connection, work, write);
    case 'deliver':
      return deliver(work, write);
    case 'schedule':
      return saveSchedule(connection, work, write);
  }
}

function deciderOf(write: Write): string | null {
  switch (write.op) {
    case 'advance':
      return runKey(write.lease.runId);
    case 'create':
      return runKey(write.run.runId);
    // Its run, or the last one of its chain.
    case 'deliver':
      return null;
    case 'schedule':
      return scheduleKey(write.schedule.scheduleId);
  }
}

function workersIn(write: Write): string[] {
  if (write.op === 'create') return workersOf(write);
  if (write.op === 'advance') return (write.creates ?? []).flatMap(workersOf);
  return write.op === 'schedule' ? write.occurrences.flatMap((one) => workersOf(one.create)) : [];
}

function workersOf({ workerId, creates = [] }: CreateRun): string[] {
  const inside = creates.flatMap(workersOf);
  return workerId === null ? inside : [workerId, ...inside];
}
