import type { Duration } from '../core/duration.ts';

/** What `configure()` and `createClient()` take; the file has the same keys in snake_case. */
export interface Config {
  /** File, folder or glob of workflow modules, or several. Relative to the file that names it. */
  readonly module?: string | readonly string[];
  readonly runtime?: 'local';
  readonly storage?: StorageConfig;
  readonly durable?: boolean;
  /** Of steps that do not say otherwise. Default 3. */
  readonly defaultRetries?: number;
  readonly recovery?: {
    /** Default true. */
    readonly recoverOnWorkerLoss?: boolean;
    /** Default 3. */
    readonly maxRecoveryAttempts?: number;
  };
  readonly limits?: {
    /** Default 10 000. */
    readonly eventSoftLimit?: number;
    /** Default 50 000. */
    readonly eventHardLimit?: number;
    /** Default 100. */
    readonly eventWarningInterval?: number;
    /** Default 3. */
    readonly maxNestingDepth?: number;
  };
  readonly worker?: {
    /** Runs advanced at the same time. Default 10. */
    readonly concurrency?: number;
    /** Suspended runs kept in memory for a quick resume. Default 1000. */
    readonly cacheSize?: number;
    /** How long a silent worker keeps its runs. Default 15 s. */
    readonly lease?: Duration;
  };
}

export interface StorageConfig {
  /** Default sqlite. */
  readonly backend?: 'sqlite' | 'memory';
  /** Of the database file. Default ./pyworkflow_data/pyworkflow.db */
  readonly path?: string;
  /** `full` (default): on disk before a step starts. `normal`: a power cut may lose the last moments. */
  readonly durability?: 'full' | 'normal';
}

/** The configuration with every default filled in; times in milliseconds, paths absolute. */
export interface ResolvedConfig {
  readonly modules: readonly string[];
  readonly runtime: 'local';
  readonly storage: {
    readonly backend: 'sqlite' | 'memory';
    readonly path: string;
    readonly durability: 'full' | 'normal';
  };
  readonly durable: boolean;
  readonly defaultRetries: number;
  readonly recovery: {
    readonly recoverOnWorkerLoss: boolean;
    readonly maxRecoveryAttempts: number;
  };
  readonly limits: {
    readonly eventSoftLimit: number;
    readonly eventHardLimit: number;
    readonly eventWarningInterval: number;
    readonly maxNestingDepth: number;
  };
  readonly worker: {
    readonly concurrency: number;
    readonly cacheSize: number;
    readonly leaseMs: number;
  };
  /** The file these values came from, or null. */
  readonly file: string | null;
}
