import type { Executor } from '../executor/executor.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createScheduler, type Scheduler } from '../scheduler/scheduler.ts';
import { createSchedulesClient } from './schedules.ts';
import type { SchedulerHandle, SchedulerOptions, SchedulesClient } from './schedules-client.ts';

/** All that a client does with schedules: loaded when the first of it is wanted. */
export interface Schedules {
  readonly client: SchedulesClient;
  startScheduler(options: SchedulerOptions): SchedulerHandle;
  /** Stops the schedulers of this client. */
  close(): Promise<void>;
}

export function createSchedules(executor: Executor, runtime: Runtime): Schedules {
  const schedulers = new Set<Scheduler>();
  const onChange = () => {
    for (const scheduler of schedulers) scheduler.wake();
    runtime.notify();
  };
  return {
    client: createSchedulesClient(executor, onChange),
    startScheduler({ pollIntervalMs }) {
      const scheduler = createScheduler(executor, {
        pollIntervalMs,
        onStarted: () => runtime.notify(),
      });
      schedulers.add(scheduler);
      const done = scheduler.run().finally(() => schedulers.delete(scheduler));
      return { done, stop: () => scheduler.stop() };
    },
    async close() {
      await Promise.all([...schedulers].map((scheduler) => scheduler.stop()));
    },
  };
}
