import { afterEach, beforeEach } from 'vitest';
import { openApp } from '../../src/app.ts';
import type { Client } from '../../src/client/client.ts';
import { resolveConfig } from '../../src/config/resolve-config.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { openMemoryStore } from '../../src/storage/memory/memory-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';
import { type CliResult, NOW, type RunCliOptions, runCli } from './run-cli.ts';

/** The real client on a memory store, for what an array cannot pretend to be. */
export interface CliWorld {
  readonly client: Client;
  readonly store: Store;
  /** Milliseconds since the epoch; it only moves when a test says so. */
  now: number;
  run(args: readonly string[], options?: RunCliOptions): Promise<CliResult>;
  json(args: readonly string[], options?: RunCliOptions): Promise<never>;
}

export function useCliWorld(): CliWorld {
  let client: Client;
  let store: Store;
  const world = { now: NOW };
  const clock: Clock = { now: () => world.now, after: systemClock.after };

  beforeEach(async () => {
    world.now = NOW;
    store = openMemoryStore();
    const config = resolveConfig({
      config: { storage: { backend: 'memory' } },
      env: {},
      cwd: '/project',
    });
    const log = createLogger({ level: 'silent' });
    client = (await openApp(config, { store, clock, log })).client;
  });
  afterEach(async () => {
    await client.close();
    clearRegistry();
  });

  const run = (args: readonly string[], options: RunCliOptions = {}) =>
    runCli(args, {
      ...options,
      parts: { clock, openApp: async () => ({ client, close: async () => {} }), ...options.parts },
    });
  return {
    get client() {
      return client;
    },
    get store() {
      return store;
    },
    get now() {
      return world.now;
    },
    set now(value) {
      world.now = value;
    },
    run,
    async json(args, options) {
      const { stdout } = await run([...args, '--json'], options);
      return JSON.parse(stdout) as never;
    },
  };
}
