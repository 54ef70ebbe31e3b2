import { type App, openApp } from '../app.ts';
import type { Client } from '../client/client.ts';
import type { ResolvedConfig } from '../config/config.ts';
import type { StandIns } from '../executor/executor.ts';
import { createLogger } from '../observability/logger.ts';
import { type Activity, createActivity } from './activity.ts';
import type { Cut, SharedStore } from './shared-store.ts';
import type { Connection } from './store-connection.ts';
import type { TimeDriver } from './time-driver.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The worker dies at one of its commits, and another one takes its place. */
export interface CrashPlan extends Omit<Cut, 'onCut'> {
  readonly onCrash: () => void;
  /** A step has begun whose end is on disk. */
  readonly onRepeated: (step: string) => void;
}

/** The engines of a test: one, or a client and a worker that dies. */
export interface Processes {
  /** That the test talks to. */
  client(): Client;
  /** True if none of them has anything to do but to wait. */
  areIdle(): boolean;
  close(driver: TimeDriver): Promise<void>;
}

interface Parts {
  readonly config: ResolvedConfig;
  readonly shared: SharedStore;
  readonly clock: VirtualClock;
  readonly activity: Activity;
  readonly crash: CrashPlan | null;
  readonly standIns: (activity: Activity) => StandIns;
  readonly onError: (error: unknown) => void;
}

interface Process {
  readonly app: App;
  readonly connection: Connection;
  /** Its steps that are at work. */
  readonly steps: Activity;
}

/** Nothing but the next occurrence wakes the scheduler: nobody else writes into its store. */
const NO_POLLING_MS = 3_153_600_000_000;

export async function openProcesses(parts: Parts): Promise<Processes> {
  const { config, shared, clock, activity, crash, standIns, onError } = parts;
  const living = new Set<Process>();
  const dead: Process[] = [];

  async function open(cut?: Omit<Cut, 'onCut'>): Promise<Process> {
    const own = createActivity(activity);
    const steps = createActivity(own);
    const time = clock.fork();
    const onCut = () => {
      time.dispose();
      living.delete(process);
      dead.push(process);
      crash?.onCrash();
      activity.during('the start of another worker', openWorker().catch(onError));
    };
    const connection = shared.connect(own, { cutAt: cut && { ...cut, onCut } });
    const app = await openApp(config, {
      store: connection.store,
      clock: time,
      log: createLogger({ level: 'silent' }),
      standIns: standIns(steps),
      alone: true,
    });
    const process: Process = { app, connection, steps };
    living.add(process);
    return process;
  }

  async function openWorker(cut?: Omit<Cut, 'onCut'>): Promise<Process> {
    const process = await open(cut);
    await process.app.client.startWorker({ schedules: false });
    await process.app.client.startScheduler({ pollIntervalMs: NO_POLLING_MS });
    return process;
  }

  const front = crash === null ? await openWorker() : await open();
  if (crash !== null) await openWorker(crash);

  return {
    client: () => front.app.client,
    areIdle: () => [...living].every(({ app }) => app.isIdle()),
    async close(driver) {
      for (const { app, steps } of living) {
        // A step that never ends is left behind when the grace period is over.
        steps.dispose();
        await driver.finish(app.close());
      }
      for (const { app, connection } of dead) {
        connection.close();
        await driver.finish(app.close());
      }
    },
  };
}
