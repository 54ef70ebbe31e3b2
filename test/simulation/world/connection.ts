import { StoreError, StoreUnavailableError } from '../../../src/core/errors.ts';
import type { Claim, Store, WorkerRecord } from '../../../src/storage/store.ts';
import { drawFate, type Fate } from './faults.ts';
import type { Host } from './host.ts';
import type { Hub } from './hub.ts';
import { keepAlive } from './leases.ts';
import type { World } from './world.ts';

/**
 * The store as one process sees it: over a network that is slow, breaks off, and is a good place to
 * die. What is asked happens at one instant in between.
 */
export function connect(world: World, hub: Hub, host: Host): Store {
  const random = world.random.fork();

  function call(name: keyof Store, args: readonly unknown[]): Promise<unknown> {
    // Its code may still have something to say that nobody hears.
    if (host.state === 'dead') return new Promise(() => {});
    world.count('calls');
    const fate = limited(drawFate(random, world.faults, world.leaseMs));
    if (name === 'commit') host.commits++;
    return new Promise((resolve, reject) => {
      const answer = (settle: () => void) =>
        later(fate.answerMs, () =>
          host.inside(() => {
            if (name === 'commit') host.commits--;
            settle();
          }),
        );
      later(fate.requestMs, () => arrive(name, args, fate, answer, resolve, reject));
    });
  }

  function arrive(
    name: keyof Store,
    args: readonly unknown[],
    fate: Fate,
    answer: (settle: () => void) => void,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    if (host.state === 'dead' && !fate.arrivesAnyway) return;
    if (fate.before) strike(fate, name);
    if (fate.fault === 'crash' && fate.before) return;
    if (fate.fault === 'unavailable') {
      world.strike('unavailable', host, name);
      const error = new StoreUnavailableError('simulated: the store cannot be reached');
      return answer(() => reject(error));
    }
    hub.call(host, name, args).then(
      (value) => {
        if (!fate.before) strike(fate, name);
        if (fate.fault !== 'lostAnswer') return answer(() => resolve(value));
        world.strike('lostAnswer', host, name);
        answer(() => reject(new StoreError('simulated: the connection broke before the answer')));
      },
      (error) => answer(() => reject(error)),
    );
  }

  function strike({ fault }: Fate, name: string): void {
    if (host.state !== 'up') return;
    if (fault === 'crash') world.crash(host, `at ${name}`);
    if (fault === 'pause') world.pause(host, random.between(100, world.leaseMs * 2), `at ${name}`);
  }

  /** Faults come only while there are any left. */
  function limited(fate: Fate): Fate {
    return fate.fault === null || world.mayStrike() ? fate : { ...fate, fault: null };
  }

  function later(ms: number, fn: () => void): void {
    if (ms === 0) fn();
    else world.clock.after(ms, fn);
  }

  /** On some machines a worker whose process is gone is seen at once. */
  function seenDead(): readonly string[] {
    return world.seesDeath ? hub.goneWorkers() : [];
  }

  async function listWorkers(): Promise<readonly WorkerRecord[]> {
    const records = (await call('listWorkers', [])) as readonly WorkerRecord[];
    const gone = seenDead();
    return records.map((worker) =>
      gone.includes(worker.workerId) ? { ...worker, expiresAt: 0 } : worker,
    );
  }

  const own: Partial<Store> = {
    watch: (onChange) => hub.watch(host, onChange),
    keepAlive: (workerId, leaseMs) => keepAlive(world, hub.store, host, workerId, leaseMs),
    listWorkers,
    claim: (request) =>
      call('claim', [{ ...request, deadWorkers: seenDead() }]) as Promise<readonly Claim[]>,
    registerWorker(worker) {
      hub.belongs(worker.workerId, host);
      const record = { ...worker, host: host.name, pid: 1, processKey: null };
      return call('registerWorker', [record]) as Promise<void>;
    },
    close: async () => {},
  };
  return new Proxy(hub.store, {
    get(target, name: keyof Store) {
      if (own[name] !== undefined) return own[name];
      if (typeof target[name] !== 'function') return target[name];
      return (...args: unknown[]) => call(name, args);
    },
  });
}
