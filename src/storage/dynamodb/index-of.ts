import { isFinished } from '../../core/run.ts';
import type { RunDoc, ScheduleDoc } from './docs.ts';
import { type Index, keyName, shardOf } from './keys.ts';

/** By what a run is found. An index may lag behind: whoever finds something looks at its root. */
export function indexOfRun(pk: string, doc: RunDoc): Index {
  const { n, run, owner, timers, inbox } = doc;
  const shard = shardOf(pk);
  const index: Index = { l: `run#${shard}`, id: keyName(run.runId), n };
  index.w = keyName(run.workflowName);
  index.st = run.status;
  if (run.parentRunId !== null) index.p = keyName(run.parentRunId);
  if (run.scheduleId !== null) index.s = keyName(run.scheduleId);
  if (isFinished(run.status)) return index;
  if (owner === null && doc.ready) index.r = `ready#${shard}`;
  const hash = owner !== null ? ownedTimers(owner) : heedsTimers(doc) ? `free#${shard}` : null;
  if (hash !== null && timers.length > 0) {
    index.t = hash;
    index.d = Math.min(...timers.map((timer) => timer.dueAt));
  }
  if (owner !== null) {
    index.o = keyName(owner);
    index.oa = inbox.last > inbox.through ? 1 : 0;
  }
  return index;
}

export const ownedTimers = (workerId: string) => `owned#${keyName(workerId)}`;

/** A parked run sleeps through its timers, and so does one that waits at a gate. */
export function heedsTimers({ run, waits }: RunDoc): boolean {
  return run.status !== 'interrupted' && !waits;
}

export function indexOfSchedule({ n, record }: ScheduleDoc): Index {
  const index: Index = { l: 'schedule', id: keyName(record.scheduleId), n };
  if (record.status === 'active' && record.nextRunAt !== null) {
    index.t = 'schedule';
    index.d = record.nextRunAt;
  }
  return index;
}
