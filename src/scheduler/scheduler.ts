import { ClosedError, messageOf } from '../core/errors.ts';
import type { ScheduleRecord } from '../core/schedule.ts';
import type { Executor } from '../executor/executor.ts';
import { fire } from './fire.ts';

/**
 * Starts the runs of schedules. Any number of them may work on one store: what one has decided, no
 * other decides again.
 */
export interface Scheduler {
  /** Fires everything that is due at `now`, milliseconds since the epoch. @returns runs started */
  tick(now: number): Promise<number>;
  /** Ticks whenever something is due, until `stop`. Store failures are logged and outwaited. */
  run(): Promise<void>;
  /** Looks again, as a schedule has been written in this process. */
  wake(): void;
  /** Settles when the tick in progress is over. */
  stop(): Promise<void>;
}

export interface SchedulerOptions {
  /**
   * The longest wait while a schedule is active, milliseconds: a computer that was asleep is late by
   * no more than this. Default 5000.
   */
  readonly pollIntervalMs?: number | undefined;
  /** Runs have been written that a worker in this process may take. */
  readonly onStarted?: () => void;
}

const DEFAULT_POLL_MS = 5000;
/** Schedules read at a time. */
const PAGE = 100;
/** A scheduler without schedules is still at work: without a handle Node would end the process. */
const LONG_MS = 2 ** 30;

export function createScheduler(executor: Executor, options: SchedulerOptions = {}): Scheduler {
  const { store, clock, log } = executor;
  const { pollIntervalMs = DEFAULT_POLL_MS, onStarted = () => {} } = options;
  let stopping = false;
  let running: Promise<void> | null = null;
  let awake = false;
  let onWake = () => {};

  function wake(): void {
    awake = true;
    onWake();
  }

  /** One schedule that cannot be fired does not hold up the others. */
  async function sweep(now: number): Promise<{ started: number; failed: number }> {
    const failed = new Set<string>();
    let started = 0;
    while (!stopping) {
      const due = await store.dueSchedules(now, PAGE + failed.size);
      const rest = due.filter(({ scheduleId }) => !failed.has(scheduleId));
      if (rest.length === 0) break;
      for (const schedule of rest) {
        if (stopping) break;
        const count = await fireOrLog(schedule, now);
        if (count === null) failed.add(schedule.scheduleId);
        else started += count;
        if (count !== null && count > 0) onStarted();
      }
    }
    return { started, failed: failed.size };
  }

  async function fireOrLog(schedule: ScheduleRecord, now: number): Promise<number | null> {
    try {
      return await fire(executor, schedule, now);
    } catch (error) {
      if (ClosedError.is(error, 'CLOSED') || ClosedError.is(error, 'STORE_UNAVAILABLE'))
        throw error;
      const { scheduleId } = schedule;
      log.error('could not fire a schedule', { schedule_id: scheduleId, error: messageOf(error) });
      return null;
    }
  }

  /** How long to sleep, milliseconds; null until something is written. */
  async function turn(): Promise<number | null> {
    const now = clock.now();
    const { failed } = await sweep(now);
    const next = await store.nextScheduleAt(now);
    if (next === null) return failed > 0 ? pollIntervalMs : null;
    return Math.min(Math.max(0, next - clock.now()), pollIntervalMs);
  }

  async function turnOrLog(): Promise<number | null> {
    try {
      return await turn();
    } catch (error) {
      if (ClosedError.is(error, 'CLOSED')) stopping = true;
      else log.error('the scheduler could not read its schedules', { error: messageOf(error) });
      return pollIntervalMs;
    }
  }

  function sleep(ms: number | null): Promise<void> {
    if (awake || stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const callOff = ms === null ? () => {} : clock.after(ms, () => onWake());
      onWake = () => {
        onWake = () => {};
        callOff();
        resolve();
      };
    });
  }

  async function loop(): Promise<void> {
    const alive = setInterval(() => {}, LONG_MS);
    const unwatch = store.watch(wake);
    try {
      while (!stopping) {
        awake = false;
        await sleep(await turnOrLog());
      }
    } finally {
      unwatch();
      clearInterval(alive);
    }
  }

  return {
    tick: async (now) => (await sweep(now)).started,
    run() {
      running ??= loop();
      return running;
    },
    wake,
    async stop() {
      stopping = true;
      wake();
      await running;
    },
  };
}
