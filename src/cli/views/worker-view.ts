import type { RegisteredWorker } from '../../client/client.ts';
import { isoTime } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import type { RunSummary } from '../../core/run.ts';
import type { Listing } from '../output/output.ts';
import { clean } from '../output/text.ts';
import { relative } from '../output/time.ts';

export interface ShownWorker extends RegisteredWorker {
  /** Runs it advances; null where that cannot be told. */
  readonly work: readonly RunSummary[] | null;
}

/** A lease without an end, as a memory store has. */
const NEVER_MS = 86_400_000;

export const workerListing: Listing<ShownWorker> = {
  columns: [
    { header: 'WORKER', isId: true, value: ({ name }) => clean(name) },
    {
      header: 'STATUS',
      isId: true,
      value: ({ isAlive }, { style }) => (isAlive ? style.green('● alive') : style.red('✗ silent')),
      plain: ({ isAlive }) => statusOf(isAlive),
    },
    { header: 'HOST', value: ({ host }) => clean(host) },
    { header: 'PID', isId: true, value: ({ pid }) => String(pid) },
    {
      header: 'STARTED',
      value: ({ startedAt }, { now }) => relative(startedAt, now),
      plain: ({ startedAt }) => isoTime(startedAt),
    },
    {
      header: 'LEASE',
      value: ({ expiresAt }, { now }) => lease(expiresAt - now),
      plain: ({ expiresAt }) => leaseTime(expiresAt) ?? '',
    },
    {
      header: 'WORK',
      value: ({ work }) => (work === null ? '?' : work.map(({ runId }) => runId).join(' ') || '-'),
      plain: ({ work }) => (work ?? []).map(({ runId }) => runId).join(','),
    },
  ],
  json: ({ workerId, name, host, pid, startedAt, expiresAt, isAlive, work }) => ({
    name,
    status: statusOf(isAlive),
    // Known to the worker alone.
    concurrency: null,
    processed: null,
    active_tasks: work === null ? null : work.length,
    worker_id: workerId,
    host,
    pid,
    started_at: isoTime(startedAt),
    lease_expires_at: leaseTime(expiresAt),
    run_ids: work === null ? null : work.map(({ runId }) => runId),
  }),
  empty: 'No worker is alive. Start one with: pyworkflow worker run',
};

function statusOf(isAlive: boolean): string {
  return isAlive ? 'alive' : 'silent';
}

function lease(left: number): string {
  if (left > NEVER_MS) return 'no end';
  return left > 0 ? `for ${formatDuration(left)}` : `ran out ${formatDuration(-left)} ago`;
}

/** Null for one that has no end, which no calendar can say. */
function leaseTime(expiresAt: number): string | null {
  return expiresAt < 8.64e15 ? isoTime(expiresAt) : null;
}
