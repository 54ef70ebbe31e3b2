import { closestName } from '../core/closest-name.ts';
import { ConfigurationError } from '../core/errors.ts';
import { CHECKS, EXPECTED, found } from './check-scalar.ts';
import type { LogFormat, LogLevel, StorageBackend } from './config.ts';
import { CONFIG_SCHEMA, camelCase, type Rule, type SectionRule } from './config-schema.ts';
import type { Located } from './located.ts';

export interface Problem {
  readonly at: string;
  readonly message: string;
}

/** The values that one source gives, keys in camelCase, aliases resolved, durations in milliseconds. */
export interface CheckedConfig {
  readonly module?: readonly string[];
  readonly modules?: readonly string[];
  readonly runtime?: 'local';
  readonly storage?: {
    readonly backend?: StorageBackend;
    readonly path?: string;
    readonly durability?: 'full' | 'normal';
    readonly url?: string;
    readonly host?: string;
    readonly port?: number;
    readonly user?: string;
    readonly password?: string;
    readonly database?: string;
    readonly schema?: string;
    readonly poolSize?: number;
    readonly tableName?: string;
    readonly region?: string;
    readonly endpointUrl?: string;
  };
  readonly durable?: boolean;
  readonly codeVersion?: string;
  readonly defaultRetries?: number;
  readonly recovery?: {
    readonly recoverOnWorkerLoss?: boolean;
    readonly maxRecoveryAttempts?: number;
  };
  readonly limits?: {
    readonly eventSoftLimit?: number;
    readonly eventHardLimit?: number;
    readonly eventWarningInterval?: number;
    readonly maxNestingDepth?: number;
    readonly payloadWarningSize?: number;
    readonly payloadHardLimit?: number;
  };
  readonly worker?: {
    readonly concurrency?: number;
    readonly cacheSize?: number;
    readonly lease?: number;
  };
  readonly observability?: {
    readonly tracing?: boolean;
    readonly metrics?: boolean;
    readonly logLevel?: LogLevel;
    readonly logFormat?: LogFormat;
    readonly logFile?: string;
  };
}

export interface Checked {
  readonly values: CheckedConfig;
  /** Advice about keys that are understood but have better names. */
  readonly advice: readonly string[];
}

/**
 * Checks one source against the schema.
 * @param found problems met before, in reading the source.
 * @throws ConfigurationError naming every problem with its place.
 */
export function checkConfig(root: Located, found: readonly Problem[] = []): Checked {
  const problems = [...found];
  const advice: string[] = [];
  const values = section(root, CONFIG_SCHEMA, '', problems, advice);
  if (problems.length > 0) throw configurationError(problems);
  return { values: values as CheckedConfig, advice };
}

export function configurationError(problems: readonly Problem[]): ConfigurationError {
  const lines = problems.map(({ at, message }) =>
    at === '' || message.startsWith(`${at} `) ? message : `${at}: ${message}`,
  );
  const message =
    lines.length === 1
      ? `${lines[0]}`
      : `The configuration has ${lines.length} problems:\n${lines.map((l) => `  ${l}`).join('\n')}`;
  return new ConfigurationError(message, {
    details: { problems: problems.map(({ at, message }) => ({ at, message })) },
  });
}

function section(
  node: Located,
  rule: SectionRule,
  path: string,
  problems: Problem[],
  advice: string[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  if ('scalar' in node && node.scalar === null) return values;
  if (!('entries' in node)) {
    problems.push({ at: node.at, message: `${path || 'the configuration'} must be a map of keys` });
    return values;
  }
  if (rule.advice !== undefined) advice.push(`${node.at}: ${rule.advice}`);
  for (const entry of node.entries) {
    const known = rule.keys[entry.key];
    const name = path === '' ? entry.key : `${path}.${entry.key}`;
    if (known === undefined || !Object.hasOwn(rule.keys, entry.key)) {
      problems.push({ at: entry.at, message: unknownKey(entry.key, path, rule) });
      continue;
    }
    const target = known.kind === 'alias' ? known.of : entry.key;
    if (camelCase(target) in values) {
      problems.push({
        at: entry.at,
        message: `${name} says the same as ${target}: keep one of them`,
      });
      continue;
    }
    const value = check(entry.node, resolve(known, rule), name, problems, advice);
    if (value !== undefined) values[camelCase(target)] = value;
  }
  return values;
}

function unknownKey(key: string, path: string, rule: SectionRule): string {
  const known = Object.keys(rule.keys);
  const near = closestName(key, known);
  const where = path === '' ? '' : ` in ${path}`;
  return near === undefined
    ? `unknown key '${key}'${where}; known are: ${known.join(', ')}`
    : `unknown key '${key}'${where}; did you mean '${near}'?`;
}

function resolve(rule: Rule, parent: SectionRule): Exclude<Rule, { kind: 'alias' }> {
  if (rule.kind !== 'alias') return rule;
  return parent.keys[rule.of] as Exclude<Rule, { kind: 'alias' }>;
}

function check(
  node: Located,
  rule: Exclude<Rule, { kind: 'alias' }>,
  name: string,
  problems: Problem[],
  advice: string[],
): unknown {
  if (rule.kind === 'section') return section(node, rule, name, problems, advice);
  if (rule.kind === 'texts') return texts(node, name, problems);
  // `{ minutes: 5 }` is the one value that is a map.
  const value = rule.kind === 'duration' ? asScalar(node) : node;
  const outcome = 'scalar' in value ? CHECKS[rule.kind](value, rule as never) : undefined;
  if (outcome !== undefined && 'value' in outcome) return outcome.value;
  const wrong = outcome?.wrong ?? `${EXPECTED[rule.kind]}, not ${found(node)}`;
  problems.push({ at: node.at, message: `${name} ${wrong}` });
  return undefined;
}

function texts(node: Located, name: string, problems: Problem[]): string[] {
  const items = 'items' in node ? node.items : [node];
  return items.flatMap((item) => {
    if ('scalar' in item && typeof item.scalar === 'string' && item.scalar !== '')
      return [item.scalar];
    problems.push({
      at: item.at,
      message: `${name} must be a text or a list of texts, not ${found(item)}`,
    });
    return [];
  });
}

function asScalar(node: Located): Located {
  if (!('entries' in node)) return node;
  const parts = node.entries.map(({ key, node }) => [key, 'scalar' in node ? node.scalar : null]);
  return { at: node.at, scalar: Object.fromEntries(parts) };
}
