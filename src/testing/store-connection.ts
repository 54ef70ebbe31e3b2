import { ClosedError } from '../core/errors.ts';
import type { Write, WriteResult } from '../storage/commit.ts';
import type { ClaimRequest, Store, WorkerRecord } from '../storage/store.ts';
import type { Activity } from './activity.ts';
import type { Cut } from './shared-store.ts';

/** A store as one of several processes sees it. */
export interface Connection {
  readonly store: Store;
  /** Another process has written something. */
  notice(): void;
  /** Ends calls that are still waiting for an answer which was cut off: with a ClosedError. */
  close(): void;
}

interface ConnectionOptions {
  readonly activity: Activity;
  readonly cutAt: Cut | undefined;
  /** Workers behind connections that were cut; shared by all connections. */
  readonly deadWorkers: Set<string>;
  readonly onCommitted: (writes: readonly Write[], results: readonly WriteResult[]) => void;
  readonly onCut: () => void;
}

/** Leases do not run out by virtual time: whether a worker is dead is known here. */
const NEVER = 8.64e15;

export function connect(store: Store, options: ConnectionOptions): Connection {
  const { activity, cutAt, deadWorkers } = options;
  const watchers = new Set<() => void>();
  const workers = new Set<string>();
  const unanswered = new Set<(error: Error) => void>();
  let state: 'open' | 'cut' | 'closed' = 'open';
  let commits = 0;

  /** What comes after the cut gets no answer, as of a dead process. */
  function answer<T>(call: () => Promise<T>): Promise<T> {
    if (state === 'closed') return Promise.reject(new ClosedError('store'));
    if (state === 'cut') return never();
    return call().then(
      (value) => (state === 'open' ? value : never<T>()),
      (error) => (state === 'open' ? Promise.reject(error) : never<T>()),
    );
  }

  function never<T>(): Promise<T> {
    if (state === 'closed') return Promise.reject(new ClosedError('store'));
    return new Promise<T>((_, reject) => unanswered.add(reject));
  }

  function cut(): void {
    state = 'cut';
    for (const workerId of workers) deadWorkers.add(workerId);
    cutAt?.onCut();
    options.onCut();
    activity.dispose();
  }

  async function commit(writes: readonly Write[]): Promise<readonly WriteResult[]> {
    commits++;
    if (commits === cutAt?.commit && cutAt.when === 'before') {
      cut();
      return [];
    }
    const results = await store.commit(writes);
    options.onCommitted(writes, results);
    if (commits === cutAt?.commit) cut();
    return results;
  }

  const own: Partial<Store> = {
    commit,
    claim: (request: ClaimRequest) =>
      store.claim({ ...request, deadWorkers: [...request.deadWorkers, ...deadWorkers] }),
    registerWorker(worker: WorkerRecord) {
      workers.add(worker.workerId);
      return store.registerWorker({ ...worker, expiresAt: NEVER });
    },
  };
  const scheduling = followScheduler(activity);
  const face = new Proxy(store, {
    get(target, name: keyof Store) {
      // The test closes the store when everybody is done with it.
      if (name === 'close') return async () => {};
      if (name === 'keepAlive') return () => () => {};
      if (name === 'watch') return watch;
      const found = own[name] ?? target[name];
      if (typeof found !== 'function') return found;
      const call = found as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => {
        const answered = answer(() => call.apply(target, args));
        scheduling.follow(name, answered);
        return activity.during(`a call of store.${name}`, answered);
      };
    },
  });

  function watch(onChange: () => void): () => void {
    watchers.add(onChange);
    return () => watchers.delete(onChange);
  }

  return {
    store: face,
    notice() {
      for (const onChange of watchers) onChange();
    },
    close() {
      state = 'closed';
      for (const reject of unanswered) reject(new ClosedError('store'));
      unanswered.clear();
    },
  };
}

/**
 * A turn of the scheduler begins with the question what is due and ends with the question when to
 * look again; between them it may breathe, which nobody else can see.
 */
function followScheduler(activity: Activity) {
  let end: (() => void) | null = null;
  const over = () => {
    end?.();
    end = null;
  };
  return {
    follow(name: keyof Store, answered: Promise<unknown>): void {
      if (name === 'dueSchedules') {
        end ??= activity.begin('a turn of the scheduler');
        answered.catch(over);
      }
      if (name === 'nextScheduleAt') answered.then(over, over);
    },
  };
}
