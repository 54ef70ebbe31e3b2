import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { type CheckedConfig, checkConfig } from './check-config.ts';
import type { Config, ResolvedConfig } from './config.ts';
import type { ConfigFile, Environment } from './load-config.ts';
import { locateObject, locateTexts } from './located.ts';
import { resolveStorage } from './resolve-storage.ts';

/** Of the command line; undefined where not given. */
export interface ConfigFlags {
  readonly module?: readonly string[] | undefined;
  readonly runtime?: string | undefined;
  readonly storage?: string | undefined;
  readonly storagePath?: string | undefined;
  readonly verbose?: boolean | undefined;
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

  return {
    modules: pick(modulesOf) ?? [],
    runtime: pick((c) => c.runtime) ?? 'local',
    storage: resolveStorage((key) => pick((c) => c.storage?.[key]), home),
    durable: pick((c) => c.durable) ?? true,
    codeVersion: pick((c) => c.codeVersion) ?? null,
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
      payloadWarningSize: pick((c) => c.limits?.payloadWarningSize) ?? 256 * 1024,
      payloadHardLimit: pick((c) => c.limits?.payloadHardLimit) ?? 64 * 1024 * 1024,
    },
    worker: {
      concurrency: pick((c) => c.worker?.concurrency) ?? 10,
      cacheSize: pick((c) => c.worker?.cacheSize) ?? 1000,
      leaseMs: pick((c) => c.worker?.lease) ?? 15_000,
    },
    observability: {
      tracing: pick((c) => c.observability?.tracing) ?? false,
      metrics: pick((c) => c.observability?.metrics) ?? false,
      logLevel: pick((c) => c.observability?.logLevel) ?? null,
      logFormat: pick((c) => c.observability?.logFormat) ?? null,
      logFile: pick((c) => c.observability?.logFile) ?? null,
    },
    file: file?.path ?? null,
  };
}

function fromFlags(flags: ConfigFlags): CheckedConfig {
  return checkConfig(
    locateTexts({
      module: { at: '--module', text: flags.module },
      runtime: { at: '--runtime', text: flags.runtime },
      'storage.backend': { at: '--storage', text: flags.storage },
      'storage.path': { at: '--storage-path', text: flags.storagePath },
      'observability.log_level': { at: '--verbose', text: flags.verbose ? 'debug' : undefined },
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
      code_version: { at: 'PYWORKFLOW_CODE_VERSION', text: env.PYWORKFLOW_CODE_VERSION },
      'redis.url': { at: 'PYWORKFLOW_REDIS_URL', text: env.PYWORKFLOW_REDIS_URL },
      'observability.log_level': {
        at: 'PYWORKFLOW_LOG_LEVEL',
        text: env.PYWORKFLOW_LOG_LEVEL,
      },
    }),
  ).values;
}

function fromProgram(config: Config): CheckedConfig {
  const snakeCase = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return checkConfig(locateObject(config, '', snakeCase)).values;
}

/** Paths become absolute before layers meet: each has its own starting point. */
function placed(layer: CheckedConfig, base: string): CheckedConfig {
  const { storage, observability } = layer;
  const modules = modulesOf(layer)?.map((module) => resolve(base, module));
  return {
    ...layer,
    ...(modules && { module: modules, modules: [] }),
    ...(storage?.path !== undefined && {
      storage: { ...storage, path: absolute(storage.path, base) },
    }),
    ...(observability?.logFile !== undefined && {
      observability: { ...observability, logFile: resolve(base, observability.logFile) },
    }),
  };
}

function modulesOf(layer: CheckedConfig): readonly string[] | undefined {
  if (layer.module === undefined && layer.modules === undefined) return undefined;
  return [...(layer.module ?? []), ...(layer.modules ?? [])];
}

/** A slash at its end says that it is a folder. */
function absolute(path: string, base: string): string {
  if (isAbsolute(path)) return path;
  return resolve(base, path) + (/[\\/]$/.test(path) ? sep : '');
}
