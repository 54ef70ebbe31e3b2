import type { App } from '../../../src/app.ts';
import type { Clock } from '../../../src/core/clock.ts';
import type { VirtualClock } from '../../../src/testing/virtual-clock.ts';

/**
 * One simulated operating system process: what is to happen inside of it waits while it is stopped,
 * and never happens once it is dead.
 */
export interface Host {
  readonly name: string;
  readonly clock: Clock;
  readonly state: 'up' | 'stopped' | 'dead';
  /** Its code gets stuck where good code goes on. */
  readonly broken: boolean;
  /** Set when it has booted. */
  app: App | null;
  /** A commit of its is under way. */
  commits: number;
  /** Lets `fn` happen inside: now, when it wakes up, or never. */
  inside(fn: () => void): void;
  stop(): void;
  wake(): void;
  die(): void;
  /** Told of every change of `state`. */
  onState(listener: () => void): void;
}

/** @param skew what its clock is ahead of the world's, milliseconds */
export function createHost(
  name: string,
  world: VirtualClock,
  { skew, broken }: { readonly skew: number; readonly broken: boolean },
): Host {
  let state: Host['state'] = 'up';
  let backlog: (() => void)[] = [];
  const listeners: (() => void)[] = [];

  function become(next: Host['state']): void {
    state = next;
    for (const listener of listeners) listener();
  }

  function inside(fn: () => void): void {
    if (state === 'up') fn();
    else if (state === 'stopped') backlog.push(fn);
  }

  const clock: Clock = {
    now: () => world.now() + skew,
    after(ms, fn) {
      let off = false;
      world.after(ms, () => inside(() => void (off || fn())));
      return () => {
        off = true;
      };
    },
  };
  return {
    name,
    clock,
    broken,
    app: null,
    commits: 0,
    get state() {
      return state;
    },
    inside,
    stop() {
      if (state === 'up') become('stopped');
    },
    wake() {
      if (state !== 'stopped') return;
      become('up');
      const late = backlog;
      backlog = [];
      for (const fn of late) inside(fn);
    },
    die() {
      backlog = [];
      if (state !== 'dead') become('dead');
    },
    onState: (listener) => void listeners.push(listener),
  };
}
