import { openApp } from '../../../src/app.ts';
import type { Client } from '../../../src/client/client.ts';
import { resolveConfig } from '../../../src/config/resolve-config.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { inBrokenCode } from '../program/interpreter.ts';
import { connect } from './connection.ts';
import { createHost, type Host } from './host.ts';
import type { World } from './world.ts';

/** `worker` serves everything; `front` only what it has been asked to start itself. */
export type Role = 'worker' | 'front';

export interface Fleet {
  /** Those that can be asked for something. */
  up(): readonly Process[];
  /** Stopped in an orderly way, as by a deployment, and followed by another. */
  redeploy(random: number): void;
  /** From now on there are only good ones. */
  heal(): void;
}

export interface Process {
  readonly host: Host;
  readonly client: Client;
  readonly role: Role;
}

interface FleetOptions {
  readonly workers: number;
  readonly fronts: number;
  /** Of processes whose clock is wrong, and whose code is broken. */
  readonly skewed: number;
  readonly broken: number;
}

/** Keeps so many processes going: for each that dies another one is started a while later. */
export function startFleet(world: World, options: FleetOptions): Fleet {
  const random = world.random.fork();
  const processes = new Map<Host, Process>();
  const roles = new Map<Host, Role>();
  const settings = {
    concurrency: random.pick([1, 2, 5, 20]),
    cacheSize: random.pick([0, 1, 100]),
    lease: `${world.leaseMs}ms` as const,
  };
  let born = 0;
  let healed = false;

  function spawn(role: Role): void {
    const skew = random.chance(options.skewed) ? random.between(-3000, 3000) : 0;
    const broken = !healed && random.chance(options.broken);
    const host = createHost(`${role}${++born}`, world.clock, { skew, broken });
    world.trace(() => `${host.name} starts${broken ? ', broken' : ''}, skew ${skew}`);
    world.add(host);
    roles.set(host, role);
    boot(host, role).catch((error: unknown) => giveUp(host, error));
  }

  async function boot(host: Host, role: Role): Promise<void> {
    const config = resolveConfig({
      config: { storage: { backend: 'memory' }, worker: settings },
      env: {},
      cwd: '/',
    });
    const app = await openApp(config, {
      store: connect(world, world.hub, host),
      clock: host.clock,
      log: createLogger({ level: 'silent' }),
      standIns: {
        step: (step) => ({
          ...step,
          fn: (...args: unknown[]) => world.outside.perform(host, step.name, args),
        }),
        workflow: (workflow) => (host.broken ? inBrokenCode(workflow) : workflow),
      },
    });
    host.app = app;
    if (role === 'worker') {
      const worker = await app.client.startWorker({ name: host.name });
      worker.done.catch((error: unknown) => giveUp(host, error));
    }
    processes.set(host, { host, client: app.client, role });
  }

  /** As a program ends that has lost its store, though not at once. */
  function giveUp(host: Host, error: unknown): void {
    if (host.state === 'dead') return;
    world.count('gave up');
    world.trace(() => `${host.name} gives up: ${error}`);
    world.clock.after(random.between(0, 2000), () => end(host));
  }

  function end(host: Host): void {
    if (host.state === 'dead') return;
    host.die();
    world.onDeath(host);
  }

  world.onDeath = (host) => {
    processes.delete(host);
    const role = roles.get(host) ?? 'worker';
    world.clock.after(random.between(10, 6000), () => spawn(role));
  };
  for (let n = 0; n < options.workers; n++) spawn('worker');
  for (let n = 0; n < options.fronts; n++) spawn('front');

  return {
    up: () => [...processes.values()].filter(({ host }) => host.state === 'up'),
    redeploy(at) {
      const living = [...processes.values()];
      const process = living[Math.floor(at * living.length)];
      if (process === undefined) return;
      const { host, client } = process;
      world.count('redeployed');
      world.trace(() => `${host.name} is stopped in an orderly way`);
      processes.delete(host);
      client.close().then(
        () => end(host),
        () => end(host),
      );
    },
    heal() {
      healed = true;
      for (const host of world.hosts) {
        host.wake();
        if (host.broken) end(host);
      }
    },
  };
}
