import { beforeEach } from 'vitest';
import type { Client } from '../../src/client/client.ts';
import { createCommitQueue } from '../../src/executor/commit-queue.ts';
import type { Executor } from '../../src/executor/executor.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createScheduler, type Scheduler } from '../../src/scheduler/scheduler.ts';
import type { Store } from '../../src/storage/store.ts';
import { type Backend, until, useWorld, type World } from '../engine/executor/world.ts';
import { createSteppedClock, type SteppedClock } from './clock.ts';

/** 2026-01-01T00:00:00Z: on the hour, so that tests can count in hours. */
export const START = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export interface ScheduleWorld {
  readonly world: World;
  readonly clock: SteppedClock;
  /** Serves runs; fires schedules only if asked to. */
  worker(options?: { schedules?: boolean }): Promise<Client>;
  client(): Promise<Client>;
  /** One that only ticks, with a way to the store of its own, as in another process. */
  scheduler(wrap?: (store: Store) => Store): Promise<Scheduler>;
}

/** A world in which time stands still but for `clock.set`. */
export function useScheduleWorld(backend: Backend): ScheduleWorld {
  const world = useWorld(backend);
  let clock = createSteppedClock(START);
  beforeEach(() => {
    clock = createSteppedClock(START);
  });
  const client = () => world.open({}, { clock });
  return {
    world,
    get clock() {
      return clock;
    },
    client,
    async worker({ schedules = false } = {}) {
      const opened = await client();
      await opened.startWorker({ schedules });
      return opened;
    },
    async scheduler(wrap = (store) => store) {
      return createScheduler(executorOn(wrap(await world.openStore()), clock));
    },
  };
}

export function executorOn(store: Store, clock: SteppedClock): Executor {
  return {
    store,
    commits: createCommitQueue(store),
    clock,
    random: () => 0.5,
    log: createLogger({ level: 'silent' }),
    settings: {
      defaultRetries: 3,
      recoverOnWorkerLoss: true,
      maxRecoveryAttempts: 3,
      eventSoftLimit: 10_000,
      eventHardLimit: 50_000,
      eventWarningInterval: 100,
      maxNestingDepth: 3,
      payloadWarningSize: 1_000_000,
      payloadHardLimit: 10_000_000,
      codeVersion: null,
    },
  };
}

/** `scheduledAt` in hours since the start, and the status: the runs of a schedule, oldest first. */
export async function runsOf(client: Client, scheduleId: string): Promise<string[]> {
  const { items } = await client.runs.list({ scheduleId, limit: 1000 });
  return items
    .map((run) => `${((run.scheduledAt ?? Number.NaN) - START) / HOUR} ${run.status}`)
    .sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
}

/** Waits until the runs of a schedule are these. */
export async function untilRuns(
  client: Client,
  scheduleId: string,
  expected: readonly string[],
): Promise<void> {
  let seen: string[] = [];
  try {
    await until(async () => {
      seen = await runsOf(client, scheduleId);
      return JSON.stringify(seen) === JSON.stringify(expected);
    }, 20_000);
  } catch {
    throw new Error(`the runs are ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
  }
}

/** The log in short: `triggered 1`, `skipped 2-3 (2)`, times in hours since the start. */
export async function logOf(client: Client, scheduleId: string): Promise<string[]> {
  const hours = (text: string) => (Date.parse(text) - START) / HOUR;
  return (await client.schedules.events(scheduleId)).map((event) => {
    const type = event.type.replace('schedule.', '');
    if (event.type === 'schedule.triggered') {
      const { scheduled_time: time } = event.data;
      return `${type} ${time === null ? 'by hand' : hours(time)}`;
    }
    if (event.type !== 'schedule.skipped') return type;
    const { scheduled_time, until: last, count } = event.data;
    const range = count === 1 ? '' : `-${hours(last)} (${count})`;
    return `${type} ${hours(scheduled_time)}${range}`;
  });
}
