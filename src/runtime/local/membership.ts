import type { Executor } from '../../executor/executor.ts';
import type { WorkerRecord } from '../../storage/store.ts';
import { isCertainlyDead, processIdentity } from './process-identity.ts';

/** This process as one of the workers of a store. */
export interface Membership {
  readonly joined: boolean;
  readonly name: string;
  /** Registers the worker and keeps its leases alive. Later calls do nothing. */
  join(name?: string): Promise<void>;
  /** Starts noticing other processes' changes, which needs no registration. */
  watch(): void;
  /** Notices workers whose process is gone before their lease runs out, while `isNeeded`. */
  lookForDeadWorkers(isNeeded: () => Promise<boolean>): void;
  deadWorkers(): readonly string[];
  unwatch(): void;
  /** Gives back what the worker holds; if the store fails, its leases run out, or a later call does. */
  leave(): Promise<void>;
}

/** How often other workers' processes are looked at. */
const LOOK_EVERY_MS = 1000;

/** @param onChange something happened in the store that may be this worker's business. */
export function createMembership(
  executor: Executor,
  workerId: string,
  leaseMs: number,
  onChange: () => void,
): Membership {
  const { store, clock, log } = executor;
  const identity = processIdentity();
  let name = `${identity.host}:${identity.pid}`;
  let joining: Promise<void> | null = null;
  let joined = false;
  let looking = false;
  let letDie = () => {};
  let unwatch: (() => void) | null = null;
  let dead: string[] = [];
  let callOffLook = () => {};
  let left = false;

  async function register(): Promise<void> {
    const now = clock.now();
    const record: WorkerRecord = {
      workerId,
      name,
      ...identity,
      startedAt: now,
      expiresAt: now + leaseMs,
    };
    await store.registerWorker(record);
    letDie = store.keepAlive(workerId, leaseMs);
    joined = true;
    watch();
  }

  function watch(): void {
    unwatch ??= store.watch(onChange);
  }

  async function lookForDead(isNeeded: () => Promise<boolean>): Promise<void> {
    if (left) return;
    try {
      looking = await isNeeded();
      if (!looking) return;
      const workers = await store.listWorkers();
      const now = clock.now();
      const others = workers.filter((worker) => worker.workerId !== workerId);
      const gone = others.filter(isCertainlyDead);
      // Whose lease has run out may be back when this is used: the store looks for itself.
      dead = gone.map((worker) => worker.workerId);
      if (gone.length > 0 || others.some((worker) => worker.expiresAt <= now)) onChange();
    } catch (error) {
      log.warn('could not look at the other workers', { error: String(error) });
    }
    if (left) return;
    callOffLook = clock.after(LOOK_EVERY_MS, () => void lookForDead(isNeeded));
  }

  return {
    get joined() {
      return joined && !left;
    },
    get name() {
      return name;
    },
    join(wanted) {
      name = wanted ?? name;
      joining ??= register().catch((error) => {
        joining = null;
        throw error;
      });
      return joining;
    },
    watch,
    lookForDeadWorkers(isNeeded) {
      if (looking) return;
      looking = true;
      void lookForDead(isNeeded);
    },
    deadWorkers: () => dead,
    unwatch() {
      unwatch?.();
      unwatch = () => {};
    },
    async leave() {
      left = true;
      callOffLook();
      letDie();
      if (!joined) return;
      try {
        await store.removeWorker(workerId);
        joined = false;
      } catch (error) {
        log.warn('could not hand back the runs; their leases run out', { error: String(error) });
      }
    },
  };
}
