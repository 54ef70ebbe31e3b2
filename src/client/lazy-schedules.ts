import type { ScheduleReads } from './schedule-reads.ts';
import type { SchedulesClient } from './schedules-client.ts';

type Method = (...args: unknown[]) => Promise<unknown>;

const READS = [
  'get',
  'list',
  'preview',
  'events',
] as const satisfies readonly (keyof ScheduleReads)[];

const WRITES = [
  'create',
  'update',
  'pause',
  'resume',
  'delete',
  'trigger',
  'backfill',
  'activate',
] as const satisfies readonly Exclude<keyof SchedulesClient, keyof ScheduleReads>[];

/**
 * Loaded on first use: a command about runs needs no calendar, and whoever only reads schedules
 * needs no engine.
 */
export function createLazySchedules(
  loadReads: () => Promise<ScheduleReads>,
  loadAll: () => Promise<SchedulesClient>,
): SchedulesClient {
  const lazily = (load: () => Promise<object>, names: readonly string[]) =>
    names.map((name): [string, Method] => [
      name,
      async (...args) => ((await load()) as Record<string, Method>)[name]?.(...args),
    ]);
  const methods = [...lazily(loadReads, READS), ...lazily(loadAll, WRITES)];
  return Object.fromEntries(methods) as unknown as SchedulesClient;
}
