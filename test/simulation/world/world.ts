import { createHash } from 'node:crypto';
import { openMemoryStore } from '../../../src/storage/memory/memory-store.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { createOutside, type Outside } from '../program/outside.ts';
import { createRecorder, type Recorder } from '../properties/recorder.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import type { Host } from './host.ts';
import { createHub, type Hub } from './hub.ts';
import type { Random } from './random.ts';

/** Everything a simulation consists of, but for the script of what is to happen in it. */
export interface World {
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly hub: Hub;
  readonly recorder: Recorder;
  readonly outside: Outside;
  readonly leaseMs: number;
  /** Workers see each other's processes die. */
  readonly seesDeath: boolean;
  readonly hosts: readonly Host[];
  readonly counts: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  faults: Faults;
  /** Told of every host that has died. */
  onDeath: (host: Host) => void;
  add(host: Host): void;
  count(what: string): void;
  /** A fault is left in the budget. */
  mayStrike(): boolean;
  strike(what: string, host: Host, where: string): void;
  crash(host: Host, where: string): void;
  pause(host: Host, ms: number, where: string): void;
  /** A property does not hold. */
  violate(what: string): void;
  trace(line: () => string): void;
  /** Takes it into `digest`. */
  note(what: string): void;
  digest(): string;
}

/** The morning of a summer day. */
export const START = Date.UTC(2030, 5, 3, 8);

export interface WorldOptions {
  readonly random: Random;
  readonly leaseMs: number;
  readonly seesDeath: boolean;
  readonly print: ((line: string) => void) | null;
}

export function createWorld({ random, leaseMs, seesDeath, print }: WorldOptions): World {
  const clock = createVirtualClock(START);
  const hosts: Host[] = [];
  const counts = new Map<string, number>();
  const violations: string[] = [];
  const hash = createHash('sha256');
  let struck = 0;

  function trace(line: () => string): void {
    if (print === null) return;
    print(`${((clock.now() - START) / 1000).toFixed(3).padStart(9)} ${line()}`);
  }

  const world: World = {
    random,
    clock,
    leaseMs,
    seesDeath,
    hosts,
    counts,
    violations,
    faults: NO_FAULTS,
    onDeath: () => {},
    get hub() {
      return hub;
    },
    get recorder() {
      return recorder;
    },
    get outside() {
      return outside;
    },
    add: (host) => void hosts.push(host),
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    mayStrike: () => struck < world.faults.budget,
    strike(what, host, where) {
      struck++;
      world.count(what);
      trace(() => `*** ${what} ${host.name} ${where}`);
    },
    crash(host, where) {
      if (host.state === 'dead') return;
      world.strike('crashes', host, where);
      host.die();
      world.onDeath(host);
    },
    pause(host, ms, where) {
      if (host.state !== 'up') return;
      world.strike('pauses', host, `${where} for ${ms} ms`);
      host.stop();
      clock.after(ms, () => {
        trace(() => `${host.name} wakes up`);
        host.wake();
      });
    },
    violate(what) {
      trace(() => `!!! ${what}`);
      violations.push(what);
    },
    trace,
    note: (what) => void hash.update(`${clock.now()} ${what}\n`),
    digest: () => hash.digest('hex').slice(0, 16),
  };
  const recorder = createRecorder(world);
  const outside = createOutside(world);
  const hub = createHub(world, openMemoryStore());
  return world;
}
