import type { ListRuns } from '../client/client.ts';
import type { RunStatus } from '../core/run.ts';
import { instant } from './parse-time.ts';

/** The flags by which every command that works on many runs picks them. */
export interface RunFilterFlags {
  readonly query?: string;
  readonly workflow?: string;
  readonly status?: readonly RunStatus[];
  readonly tag?: string;
  readonly parent?: string;
  readonly schedule?: string;
  readonly since?: string;
  readonly until?: string;
}

/** @throws UsageError for a time that is none */
export function runFilter(flags: RunFilterFlags, now: number): Omit<ListRuns, 'limit' | 'cursor'> {
  const { query, workflow, status, tag, parent, schedule } = flags;
  const since = instant('--since', flags.since, now);
  const until = instant('--until', flags.until, now);
  return {
    ...(query !== undefined && { query }),
    ...(workflow !== undefined && { workflowName: workflow }),
    ...(status !== undefined && { statuses: status }),
    ...(tag !== undefined && { tag }),
    ...(parent !== undefined && { parentRunId: parent }),
    ...(schedule !== undefined && { scheduleId: schedule }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

export function hasFilter(flags: RunFilterFlags): boolean {
  const { query, workflow, status, tag, parent, schedule, since, until } = flags;
  return [query, workflow, status, tag, parent, schedule, since, until].some(
    (v) => v !== undefined,
  );
}
