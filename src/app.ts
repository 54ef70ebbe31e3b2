import type { Client } from './client/client.ts';
import { createClientOn } from './client/create-client.ts';
import type { Config, ResolvedConfig } from './config/config.ts';
import { loadConfig } from './config/load-config.ts';
import { resolveConfig } from './config/resolve-config.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { createCommitQueue } from './executor/commit-queue.ts';
import type { Executor } from './executor/executor.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { createLazyRuntime } from './runtime/lazy-runtime.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { Store } from './storage/store.ts';

export interface App {
  readonly client: Client;
  close(): Promise<void>;
}

/** What tests put in the place of the real thing. */
export interface AppParts {
  readonly clock?: Clock;
  readonly store?: Store;
  readonly log?: Logger;
}

/**
 * The composition root: from the configuration to a working client. The only importer of adapters.
 * @throws what opening the store throws
 */
export async function openApp(config: ResolvedConfig, parts: AppParts = {}): Promise<App> {
  const store = parts.store ?? (await openStore(config));
  const executor: Executor = {
    store,
    commits: createCommitQueue(store),
    clock: parts.clock ?? systemClock,
    random: Math.random,
    log: parts.log ?? createLogger({ level: 'warn' }),
    settings: { defaultRetries: config.defaultRetries, ...config.recovery, ...config.limits },
  };
  const runtime = createLazyRuntime('local', () => loadLocalRuntime(executor, config));
  const client = createClientOn(executor, runtime, config.durable);
  return { client, close: () => client.close() };
}

async function loadLocalRuntime(executor: Executor, config: ResolvedConfig): Promise<Runtime> {
  const [{ createLocalRuntime }, { installDeterministicGlobals }, { noteForeignCall }] =
    await Promise.all([
      import('./runtime/local/local-runtime.ts'),
      import('./workflow/deterministic-globals.ts'),
      import('./engine/foreign-calls.ts'),
    ]);
  installDeterministicGlobals(noteForeignCall);
  return createLocalRuntime(executor, config.worker);
}

/**
 * A client of its own, apart from the default one of `start()` and its siblings.
 * @param config what is not given comes from the environment, then from the nearest
 *   pyworkflow.config.yaml, then the defaults.
 * @throws ConfigurationError, and what opening the store throws
 */
export async function createClient(config: Config = {}): Promise<Client> {
  return (await openApp(await resolveSettings(config))).client;
}

/** @throws ConfigurationError */
export async function resolveSettings(config: Config): Promise<ResolvedConfig> {
  const cwd = process.cwd();
  const { env } = process;
  return resolveConfig({ config, env, cwd, file: await loadConfig({ cwd, env }) });
}

async function openStore(config: ResolvedConfig): Promise<Store> {
  switch (config.storage.backend) {
    case 'sqlite': {
      const { openSqliteStore } = await import('./storage/sqlite/sqlite-store.ts');
      return openSqliteStore(config.storage);
    }
    case 'memory': {
      const { openMemoryStore } = await import('./storage/memory/memory-store.ts');
      return openMemoryStore();
    }
  }
}
