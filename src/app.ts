import type { Client } from './client/client.ts';
import { createClientOn } from './client/create-client.ts';
import type { Config, ResolvedConfig } from './config/config.ts';
import { loadConfig } from './config/load-config.ts';
import { resolveConfig } from './config/resolve-config.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { isQuiet } from './engine/quiesce.ts';
import { createCommitQueue } from './executor/commit-queue.ts';
import type { Executor, StandIns } from './executor/executor.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { observe } from './observability/observe.ts';
import { createLazyRuntime } from './runtime/lazy-runtime.ts';
import type { LocalRuntimeOptions } from './runtime/local/local-runtime.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { Store } from './storage/store.ts';

export interface App {
  readonly client: Client;
  /** True if what is left to do waits for the store, a step, the clock or the outside. */
  isIdle(): boolean;
  close(): Promise<void>;
}

/** What tests put in the place of the real thing. */
export interface AppParts {
  readonly clock?: Clock;
  readonly store?: Store;
  readonly log?: Logger;
  readonly standIns?: StandIns;
  /** No other process uses the store: nobody has to be watched for signs of life. */
  readonly alone?: boolean;
}

/**
 * The composition root: from the configuration to a working client. The only importer of adapters.
 * @throws what opening the store throws, MissingDependencyError for what `observability` needs
 */
export async function openApp(config: ResolvedConfig, parts: AppParts = {}): Promise<App> {
  const log = parts.log ?? createLogger();
  const { observer, metrics } = await observe(config.observability, log);
  const store = parts.store ?? (await openStore(config));
  const commits = createCommitQueue(store, observer);
  const executor: Executor = {
    store,
    commits,
    clock: parts.clock ?? systemClock,
    random: Math.random,
    log,
    observer,
    settings: {
      defaultRetries: config.defaultRetries,
      codeVersion: config.codeVersion,
      ...config.recovery,
      ...config.limits,
    },
    standIns: parts.standIns,
  };
  const worker = { ...config.worker, alone: parts.alone };
  const runtime = createLazyRuntime('local', () => loadLocalRuntime(executor, worker));
  const client = createClientOn(executor, runtime, config.durable, metrics);
  const isIdle = () => commits.isIdle() && isQuiet();
  return { client, isIdle, close: () => client.close() };
}

async function loadLocalRuntime(executor: Executor, worker: LocalRuntimeOptions): Promise<Runtime> {
  const [{ createLocalRuntime }, { installDeterministicGlobals }, { noteForeignCall }] =
    await Promise.all([
      import('./runtime/local/local-runtime.ts'),
      import('./workflow/deterministic-globals.ts'),
      import('./engine/foreign-calls.ts'),
    ]);
  installDeterministicGlobals(noteForeignCall);
  return createLocalRuntime(executor, worker);
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

/** @throws what the store throws */
export async function openStore(config: ResolvedConfig): Promise<Store> {
  switch (config.storage.backend) {
    case 'sqlite': {
      const { openSqliteStore } = await import('./storage/sqlite/sqlite-store.ts');
      return openSqliteStore(config.storage);
    }
    case 'file': {
      const { openFileStore } = await import('./storage/file/file-store.ts');
      return openFileStore(config.storage);
    }
    case 'memory': {
      const { openMemoryStore } = await import('./storage/memory/memory-store.ts');
      return openMemoryStore();
    }
    case 'postgres': {
      const { openPostgresStore } = await import('./storage/postgres/postgres-store.ts');
      return openPostgresStore({ ...config.storage.server });
    }
    case 'mysql': {
      const { openMysqlStore } = await import('./storage/mysql/mysql-store.ts');
      return openMysqlStore({ ...config.storage.server });
    }
    case 'dynamodb': {
      const { openDynamoStore } = await import('./storage/dynamodb/dynamodb-store.ts');
      return openDynamoStore({ tableName: 'pyworkflow', ...config.storage.table });
    }
  }
}
