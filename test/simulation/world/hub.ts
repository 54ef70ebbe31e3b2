import type { Write, WriteResult } from '../../../src/storage/commit.ts';
import type { Arrivals, Claim, Store } from '../../../src/storage/store.ts';
import { checkGates } from '../properties/check-gates.ts';
import type { Host } from './host.ts';
import type { World } from './world.ts';

/** The one store of a world, where all connections end. Everything that changes it is seen here. */
export interface Hub {
  /** Itself, for looks that are no part of the simulation. */
  readonly store: Store;
  call(host: Host, name: keyof Store, args: readonly unknown[]): Promise<unknown>;
  watch(host: Host, onChange: () => void): () => void;
  belongs(workerId: string, host: Host): void;
  hostOf(workerId: string | null): Host | undefined;
  /** Its process is dead. */
  isGone(workerId: string): boolean;
  goneWorkers(): readonly string[];
}

/** Milliseconds within which the port promises the doorbell. */
const BELL_MS = 50;

export function createHub(world: World, store: Store): Hub {
  const random = world.random.fork();
  const bells = new Map<() => void, { host: Host; pending: number }>();
  const owners = new Map<string, Host>();

  let last: Promise<unknown> = Promise.resolve();

  function ringOthers(by: Host): void {
    for (const [onChange, bell] of bells) {
      if (bell.host === by || bell.host.state === 'dead' || bell.pending > 0) continue;
      ring(onChange, bell);
      if (random.chance(world.faults.secondBell)) ring(onChange, bell);
    }
  }

  function ring(onChange: () => void, bell: { host: Host; pending: number }): void {
    const late = random.chance(world.faults.lateBell);
    const ms = random.between(1, late ? BELL_MS * 20 : BELL_MS);
    bell.pending++;
    world.count('bells');
    world.clock.after(ms, () => {
      bell.pending--;
      bell.host.inside(() => void (bells.has(onChange) && onChange()));
    });
  }

  async function commit(host: Host, writes: readonly Write[]): Promise<readonly WriteResult[]> {
    // What the store does it does at once, so these looks show it before anybody else acts.
    const committed = store.commit(writes);
    // Of the last one only: a later write may have put something into the inbox of an earlier one.
    const inboxes = writes.map((write) => (write === writes.at(-1) ? inboxOf(write) : null));
    const results = await committed;
    world.recorder.committed(host, writes, results, await Promise.all(inboxes));
    await checkGates(world);
    if (results.some(({ outcome }) => outcome === 'committed')) ringOthers(host);
    return results;
  }

  function inboxOf(write: Write): Promise<Arrivals> | null {
    if (write.op !== 'advance' || write.release === undefined) return null;
    return store.readArrivals(write.lease, 0, 0);
  }

  async function execute(host: Host, name: keyof Store, args: readonly unknown[]) {
    if (name === 'commit') return commit(host, args[0] as readonly Write[]);
    const call = store[name] as (...given: readonly unknown[]) => Promise<unknown>;
    const value = await call(...args);
    if (name === 'claim') world.recorder.claimed(host, value as readonly Claim[]);
    if (name === 'removeWorker') {
      world.recorder.removed(args[0] as string);
      ringOthers(host);
    }
    return value;
  }

  return {
    store,
    call(host, name, args) {
      // One at a time, what is seen of it included.
      const answer = last.then(() => execute(host, name, args));
      last = answer.catch(() => {});
      return answer;
    },
    watch(host, onChange) {
      bells.set(onChange, { host, pending: 0 });
      return () => bells.delete(onChange);
    },
    belongs: (workerId, host) => void owners.set(workerId, host),
    hostOf: (workerId) => owners.get(workerId ?? ''),
    goneWorkers: () =>
      [...owners].filter(([, { state }]) => state === 'dead').map(([workerId]) => workerId),
    isGone: (workerId) => owners.get(workerId)?.state === 'dead',
  };
}
