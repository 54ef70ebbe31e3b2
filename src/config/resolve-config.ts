import { statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { ConfigurationError } from '../core/errors.ts';
import { type CheckedConfig, checkConfig } from './check-config.ts';
import type { Config, ResolvedConfig } from './config.ts';
import type { ConfigFile, Environment } from './load-config.ts';
import { locateObject, locateTexts } from './located.ts';

/** Of the command line; undefined where not given. */
export interface ConfigFlags {
  readonly module?: readonly string[] | undefined;
  readonly runtime?: string | undefined;
  readonly storage?: string | undefined;
  readonly storagePath?: string | undefined;
}

export interface ConfigSources {
  readonly flags?: ConfigFlags;
  /** What a program passed to `configure()` or `createClient()`. */
  readonly config?: Config;
  readonly env: Environment;
  readonly file?: ConfigFile | null;
  /** Relative paths of every source but the file start here. */
  readonly cwd: string;
}

/**
 * The one place where settings meet: flags over the program's own over environment over file over
 * defaults.
 * @throws ConfigurationError for unknown keys, wrong types and what this version does not serve.
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const { cwd, env, file } = sources;
  const home = file ? dirname(file.path) : cwd;
  const layers = [
    placed(fromFlags(sources.flags ?? {}), cwd),
    placed(fromProgram(sources.config ?? {}), cwd),
    placed(fromEnvironment(env), cwd),
    placed(file?.values ?? {}, home),
  ];
  /** The strongest layer that says something wins. */
  const pick = <T>(of: (layer: CheckedConfig) => T | undefined): T | undefined => {
    for (const layer of layers) {
      const value = of(layer);
      if (value !== undefined) return value;
    }
    return undefined;
  };

  const backend = pick((c) => c.storage?.backend);
  if (backend === undefined) refuseServer(pick((c) => c.storage?.url));
  return {
    modules: pick(modulesOf) ?? [],
    runtime: pick((c) => c.runtime) ?? 'local',
    storage: {
      backend: backend ?? 'sqlite',
      path: pick((c) => c.storage?.path) ?? join(home, 'pyworkflow_data', DATABASE_NAME),
      durability: pick((c) => c.storage?.durability) ?? 'full',
    },
    durable: pick((c) => c.durable) ?? true,
    defaultRetries: pick((c) => c.defaultRetries) ?? 3,
    recovery: {
      recoverOnWorkerLoss: pick((c) => c.recovery?.recoverOnWorkerLoss) ?? true,
      maxRecoveryAttempts: pick((c) => c.recovery?.maxRecoveryAttempts) ?? 3,
    },
    limits: {
      eventSoftLimit: pick((c) => c.limits?.eventSoftLimit) ?? 10_000,
      eventHardLimit: pick((c) => c.limits?.eventHardLimit) ?? 50_000,
      eventWarningInterval: pick((c) => c.limits?.eventWarningInterval) ?? 100,
      maxNestingDepth: pick((c) => c.limits?.maxNestingDepth) ?? 3,
    },
    worker: {
      concurrency: pick((c) => c.worker?.concurrency) ?? 10,
      cacheSize: pick((c) => c.worker?.cacheSize) ?? 1000,
      leaseMs: pick((c) => c.worker?.lease) ?? 15_000,
    },
    file: file?.path ?? null,
  };
}

const DATABASE_NAME = 'pyworkflow.db';

function fromFlags(flags: ConfigFlags): CheckedConfig {
  return checkConfig(
    locateTexts({
      module: { at: '--module', text: flags.module },
      runtime: { at: '--runtime', text: flags.runtime },
      'storage.backend': { at: '--storage', text: flags.storage },
      'storage.path': { at: '--storage-path', text: flags.storagePath },
    }),
  ).values;
}

function fromEnvironment(env: Environment): CheckedConfig {
  const discover = env.PYWORKFLOW_DISCOVER?.split(',').map((part) => part.trim());
  const module = env.PYWORKFLOW_MODULE || discover?.filter((part) => part !== '');
  return checkConfig(
    locateTexts({
      module: {
        at: env.PYWORKFLOW_MODULE ? 'PYWORKFLOW_MODULE' : 'PYWORKFLOW_DISCOVER',
        text: module,
      },
      runtime: { at: 'PYWORKFLOW_RUNTIME', text: env.PYWORKFLOW_RUNTIME },
      'storage.backend': { at: 'PYWORKFLOW_STORAGE_BACKEND', text: env.PYWORKFLOW_STORAGE_BACKEND },
      'storage.path': { at: 'PYWORKFLOW_STORAGE_PATH', text: env.PYWORKFLOW_STORAGE_PATH },
      'storage.url': { at: 'PYWORKFLOW_STORAGE_URL', text: env.PYWORKFLOW_STORAGE_URL },
      'redis.url': { at: 'PYWORKFLOW_REDIS_URL', text: env.PYWORKFLOW_REDIS_URL },
    }),
  ).values;
}

function fromProgram(config: Config): CheckedConfig {
  const snakeCase = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return checkConfig(locateObject(config, '', snakeCase)).values;
}

/** Paths become absolute before layers meet: each has its own starting point. */
function placed(layer: CheckedConfig, base: string): CheckedConfig {
  const { storage } = layer;
  const modules = modulesOf(layer)?.map((module) => resolve(base, module));
  return {
    ...layer,
    ...(modules && { module: modules, modules: [] }),
    ...(storage?.path !== undefined && {
      storage: { ...storage, path: databaseFile(storage.path, base) },
    }),
  };
}

function modulesOf(layer: CheckedConfig): readonly string[] | undefined {
  if (layer.module === undefined && layer.modules === undefined) return undefined;
  return [...(layer.module ?? []), ...(layer.modules ?? [])];
}

/** A path may name the database or the folder it lies in; one that does not exist yet is judged by its looks. */
function databaseFile(path: string, base: string): string {
  const absolute = isAbsolute(path) ? path : resolve(base, path);
  const found = statSync(absolute, { throwIfNoEntry: false });
  const isFolder = found?.isDirectory() ?? (/[\\/]$/.test(path) || extname(path) === '');
  return isFolder && !found?.isFile() ? join(absolute, DATABASE_NAME) : absolute;
}

function refuseServer(url: string | undefined): void {
  if (url === undefined) return;
  const scheme = url.split(':', 1)[0];
  throw new ConfigurationError(
    `A '${scheme}' database is not available in this version; available: sqlite, memory`,
    { hint: 'Remove the storage url, or name the backend: storage.backend' },
  );
}
