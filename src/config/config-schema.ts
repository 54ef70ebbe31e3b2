/** What one key of the configuration accepts. */
export type Rule = ValueRule | SectionRule;

export type ValueRule =
  | { readonly kind: 'text' | 'texts' | 'flag' | 'duration'; readonly about: string }
  | { readonly kind: 'whole'; readonly least: number; readonly about: string }
  | {
      readonly kind: 'choice';
      readonly values: readonly string[];
      /** Named by the documentation, not served by this version. */
      readonly later: readonly string[];
      readonly about: string;
    }
  /** Another spelling of a key in the same section. */
  | { readonly kind: 'alias'; readonly of: string; readonly about: string };

export interface SectionRule {
  readonly kind: 'section';
  readonly about: string;
  readonly keys: Readonly<Record<string, Rule>>;
  /** Accepted, and answered with this advice. */
  readonly advice?: string;
}

const text = (about: string): Rule => ({ kind: 'text', about });
const flag = (about: string): Rule => ({ kind: 'flag', about });
const duration = (about: string): Rule => ({ kind: 'duration', about });
const whole = (least: number, about: string): Rule => ({ kind: 'whole', least, about });
const alias = (of: string): Rule => ({ kind: 'alias', of, about: `Same as \`${of}\`.` });
const section = (about: string, keys: SectionRule['keys'], advice?: string): SectionRule =>
  advice === undefined
    ? { kind: 'section', about, keys }
    : { kind: 'section', about, keys, advice };

/** Every key of `pyworkflow.config.yaml`, as it is written there. The published JSON Schema is made of it. */
export const CONFIG_SCHEMA: SectionRule = section('pyworkflow.config.yaml', {
  module: { kind: 'texts', about: 'File, folder or glob of workflow modules, or several.' },
  modules: { kind: 'texts', about: 'More of them.' },
  runtime: {
    kind: 'choice',
    values: ['local'],
    later: ['bullmq', 'lambda'],
    about: 'Where runs execute. Default: local.',
  },
  storage: section('Where runs are kept.', {
    backend: {
      kind: 'choice',
      values: ['sqlite', 'file', 'memory', 'postgres', 'mysql', 'dynamodb'],
      later: [],
      about: 'Default: what url says, else sqlite.',
    },
    type: alias('backend'),
    path: text(
      'Database file, or the folder it or a file store lies in. Default: ./pyworkflow_data.',
    ),
    base_path: alias('path'),
    durability: {
      kind: 'choice',
      values: ['full', 'normal'],
      later: [],
      about: 'full (default): on disk before a step starts. normal: a power cut may lose moments.',
    },
    url: text('Of a database server: postgres://user:password@host/database, mysql://…'),
    dsn: alias('url'),
    host: text('Of a database server.'),
    port: whole(1, 'Of a database server.'),
    user: text('Of a database server.'),
    password: text('Of a database server.'),
    database: text('On a database server.'),
    schema: text('Of PostgreSQL; made if it is missing. Default: pyworkflow.'),
    pool_size: whole(2, 'Connections to a database server, at most. Default: 10.'),
    table_name: text('Of DynamoDB; made if it is missing. Default: pyworkflow.'),
    region: text('Of DynamoDB. Default: AWS_REGION, else us-east-1.'),
    endpoint_url: text('Of another server that speaks DynamoDB: http://localhost:8000.'),
  }),
  durable: flag('false runs workflows without a store unless they say otherwise. Default: true.'),
  code_version: text('Recorded with every run: a release or a commit.'),
  default_retries: whole(
    0,
    'Attempts after the first of steps that do not say otherwise. Default: 3.',
  ),
  redis: section('For the bullmq runtime.', { url: text('As redis://localhost:6379/0.') }),
  celery: section(
    'Of the Python ancestor.',
    { broker: text('Now `redis.url`.'), result_backend: text('Not needed any more.') },
    'celery.broker is called redis.url here; celery.result_backend has no counterpart.',
  ),
  recovery: section('Of runs whose worker died.', {
    recover_on_worker_loss: flag('Default: true.'),
    max_recovery_attempts: whole(0, 'Default: 3.'),
  }),
  limits: section('Of one run.', {
    event_soft_limit: whole(1, 'Events before warnings start. Default: 10000.'),
    event_hard_limit: whole(1, 'Events before the run fails. Default: 50000.'),
    event_warning_interval: whole(1, 'Events between two warnings. Default: 100.'),
    max_nesting_depth: whole(1, 'Of child workflows. Default: 3.'),
    payload_warning_size: whole(
      1,
      'Bytes of an event from which a warning is logged. Default: 262144.',
    ),
    payload_hard_limit: whole(1, 'Bytes of a result from which its step fails. Default: 67108864.'),
  }),
  worker: section('Of every worker.', {
    concurrency: whole(1, 'Runs advanced at the same time. Default: 10.'),
    cache_size: whole(0, 'Suspended runs kept in memory. Default: 1000.'),
    lease: duration('How long a silent worker keeps its runs. Default: 15s.'),
  }),
  observability: section('What can be seen of it from outside.', {
    tracing: flag('OpenTelemetry spans; needs @opentelemetry/api. Default: false.'),
    metrics: flag('Prometheus metrics, from client.metrics(); needs prom-client. Default: false.'),
    log_level: {
      kind: 'choice',
      values: ['debug', 'info', 'warn', 'error', 'silent'],
      later: [],
      about: 'The lowest that is written. Default: info, and warn for what the engine says.',
    },
    log_format: { kind: 'choice', values: ['text', 'json'], later: [], about: 'Default: text.' },
    log_file: text('Lines are appended to it. Default: stderr.'),
  }),
  retention: duration('How long finished runs are kept. Default: for ever.'),
});

/** `max_recovery_attempts` ⇒ `maxRecoveryAttempts`. */
export function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
