import type { Duration } from '../core/duration.ts';

/** What `configure()` and `createClient()` take; the file has the same keys in snake_case. */
export interface Config {
  /** File, folder or glob of workflow modules, or several. Relative to the file that names it. */
  readonly module?: string | readonly string[];
  readonly runtime?: 'local';
  readonly storage?: StorageConfig;
  readonly durable?: boolean;
  /** Recorded with every run, to tell which code began it: a release or a commit. */
  readonly codeVersion?: string;
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
    /** Bytes of an event's data from which a warning is logged. Default 256 KiB. */
    readonly payloadWarningSize?: number;
    /** Bytes of a step's result from which the step fails. Default 64 MiB. */
    readonly payloadHardLimit?: number;
  };
  readonly worker?: {
    /** Runs advanced at the same time. Default 10. */
    readonly concurrency?: number;
    /** Suspended runs kept in memory for a quick resume. Default 1000. */
    readonly cacheSize?: number;
    /** How long a silent worker keeps its runs. Default 15 s. */
    readonly lease?: Duration;
  };
  readonly observability?: {
    /** OpenTelemetry spans; needs @opentelemetry/api. Default false. */
    readonly tracing?: boolean;
    /** Prometheus metrics, from `client.metrics()`; needs prom-client. Default false. */
    readonly metrics?: boolean;
    /** The lowest that is written. Default info, and warn for what the engine itself says. */
    readonly logLevel?: LogLevel;
    /** Default text. */
    readonly logFormat?: LogFormat;
    /** Lines are appended to it. Default: stderr. */
    readonly logFile?: string;
  };
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFormat = 'text' | 'json';

export interface StorageConfig {
  /** Default: what `url` says, else sqlite. */
  readonly backend?: StorageBackend;
  /** Of the database file, ./pyworkflow_data/pyworkflow.db, or the folder of the file store. */
  readonly path?: string;
  /** `full` (default): on disk before a step starts. `normal`: a power cut may lose the last moments. */
  readonly durability?: 'full' | 'normal';
  /** Of a database server: `postgres://user:password@host/database`, `mysql://…`; or its parts. */
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** Of PostgreSQL; made if it is missing. Default pyworkflow. */
  readonly schema?: string;
  /** Connections to a server, at most. Default 10. */
  readonly poolSize?: number;
  /** Of DynamoDB; made if it is missing. Default pyworkflow. */
  readonly tableName?: string;
  /** Of DynamoDB. Default: AWS_REGION, else us-east-1. */
  readonly region?: string;
  /** Of another server that speaks DynamoDB: `http://localhost:8000`. */
  readonly endpointUrl?: string;
}

export type StorageBackend = 'sqlite' | 'file' | 'memory' | 'postgres' | 'mysql' | 'dynamodb';

/** Of DynamoDB; credentials are where the AWS SDK looks for them. */
export interface TableSettings {
  readonly tableName: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
}

/** Where a database server is; what is undefined is the driver's to know. */
export interface ServerSettings {
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly schema: string | undefined;
  readonly poolSize: number | undefined;
}

/** The configuration with every default filled in; times in milliseconds, paths absolute. */
export interface ResolvedConfig {
  readonly modules: readonly string[];
  readonly runtime: 'local';
  readonly storage: {
    readonly backend: StorageBackend;
    readonly path: string;
    readonly durability: 'full' | 'normal';
    /** Null for a store that is no server's. */
    readonly server: ServerSettings | null;
    /** Of DynamoDB only. */
    readonly table?: TableSettings;
  };
  readonly durable: boolean;
  readonly codeVersion: string | null;
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
    readonly payloadWarningSize: number;
    readonly payloadHardLimit: number;
  };
  readonly worker: {
    readonly concurrency: number;
    readonly cacheSize: number;
    readonly leaseMs: number;
  };
  readonly observability: {
    readonly tracing: boolean;
    readonly metrics: boolean;
    /** Null leaves what the process logs as it is. */
    readonly logLevel: LogLevel | null;
    readonly logFormat: LogFormat | null;
    readonly logFile: string | null;
  };
  /** The file these values came from, or null. */
  readonly file: string | null;
}
