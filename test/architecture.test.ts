import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/**
 * Who may import whom: the whole of it. A folder that needs a new edge gets it here, in the same
 * commit, so that a reviewer sees it. `entry` files are the package's public faces.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  workflow: ['core'],
  primitives: ['core', 'workflow'],
  engine: ['core', 'workflow'],
  observability: ['core', 'workflow'],
  storage: ['core'],
  'storage/memory': ['core', 'storage'],
  'storage/file': ['core', 'storage', 'storage/memory'],
  'storage/sqlite': ['core', 'storage', 'storage/sql'],
  'storage/sql': ['core', 'storage'],
  'storage/postgres': ['core', 'storage', 'storage/sql'],
  'storage/mysql': ['core', 'storage', 'storage/sql'],
  'storage/dynamodb': ['core', 'storage'],
  executor: ['core', 'workflow', 'engine', 'storage', 'observability'],
  runtime: ['core', 'executor'],
  'runtime/local': ['core', 'workflow', 'executor', 'storage', 'runtime'],
  scheduler: ['core', 'workflow', 'executor', 'storage'],
  client: ['core', 'workflow', 'executor', 'runtime', 'scheduler'],
  config: ['core'],
  discovery: ['core', 'workflow'],
  docker: ['core'],
  cli: ['core', 'workflow', 'client', 'config', 'discovery', 'app'],
  app: [
    'core',
    'workflow',
    'engine',
    'executor',
    'storage',
    'storage/memory',
    'storage/file',
    'storage/sqlite',
    'storage/postgres',
    'storage/mysql',
    'storage/dynamodb',
    'runtime',
    'runtime/local',
    'client',
    'config',
    'observability',
  ],
  testing: [
    'core',
    'workflow',
    'engine',
    'storage',
    'runtime',
    'executor',
    'client',
    'config',
    'observability',
    'app',
  ],
  'default-client': ['core', 'workflow', 'client', 'config', 'app'],
  index: [
    'core',
    'workflow',
    'primitives',
    'client',
    'config',
    'discovery',
    'observability',
    'app',
    'default-client',
  ],
};

/** Each package is imported in one place, so that it can be exchanged in one place. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/client-dynamodb': ['storage/dynamodb'],
  '@standard-schema/spec': ['workflow'],
  '@inquirer/prompts': ['cli'],
  '@opentelemetry/api': ['observability'],
  ajv: ['client'],
  'better-sqlite3': ['storage/sqlite'],
  chalk: ['cli'],
  'cli-table3': ['cli'],
  commander: ['cli'],
  croner: ['core'],
  dockerode: ['docker'],
  ms: ['cli'],
  mysql2: ['storage/mysql'],
  ora: ['cli'],
  pg: ['storage/postgres'],
  'prom-client': ['observability'],
  tsx: ['discovery'],
  vitest: ['testing'],
  yaml: ['config'],
};

/** Node's own modules are for everybody but the pure parts, which may use what computes only. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  core: ['node:crypto', 'node:util', 'node:util/types'],
  workflow: [
    'node:async_hooks',
    'node:crypto',
    'node:module',
    'node:timers',
    'node:timers/promises',
  ],
  primitives: [],
  engine: ['node:url', 'node:util'],
};

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources = listFiles(SRC).map(readSource);

describe('dependencies point one way', () => {
  test.each(sources.map((source) => [source.file, source] as const))('%s', (_file, source) => {
    const allowed = MAY_IMPORT[source.folder];
    expect(allowed, `${source.folder} is not in the table`).toBeDefined();
    for (const specifier of source.imports) {
      if (!specifier.startsWith('.')) continue;
      const target = folderOf(relative(SRC, resolve(SRC, dirname(source.file), specifier)));
      if (target !== source.folder)
        expect(allowed, `${source.file} imports ${specifier}`).toContain(target);
    }
  });
});

test('each package is imported in one folder', () => {
  for (const { file, folder, imports } of sources) {
    for (const specifier of imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      expect(builtinModules, `${file}: write node:${name}`).not.toContain(name);
      expect(PACKAGES[name] ?? [], `${file} imports ${name}`).toContain(folder);
    }
  }
});

test('the pure parts use only what computes', () => {
  for (const { file, folder, imports } of sources) {
    const allowed = PURE[folder];
    if (allowed === undefined) continue;
    for (const specifier of imports) {
      if (specifier.startsWith('node:'))
        expect(allowed, `${file} imports ${specifier}`).toContain(specifier);
    }
  }
});

test('there are no cycles between modules', () => {
  const graph = new Map(sources.map(({ file, text }) => [file, valueImports(file, text)]));
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (done.has(file)) return;
    expect(path, `cycle: ${[...path, file].join(' → ')}`).not.toContain(file);
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});

/** What reaches for the world outside of arguments, and the few files whose job that is. */
const WORLD: readonly { readonly pattern: RegExp; readonly files: readonly RegExp[] }[] = [
  {
    pattern: /\bDate\.now\(\)/,
    files: [/^core\/clock\.ts$/, /-thread\.ts$/, /^workflow\/deterministic-globals\.ts$/],
  },
  {
    pattern: /\bMath\.random\b/,
    files: [
      /^app\.ts$/,
      /^workflow\/deterministic-globals\.ts$/,
      /^storage\/sqlite\/outwait\.ts$/,
      /^storage\/sql\/backoff\.ts$/,
    ],
  },
  { pattern: /\bconsole\./, files: [/^cli\/output\//] },
  { pattern: /\bprocess\.exit\(/, files: [/^cli\/main\.ts$/, /^cli\/io\.ts$/] },
];

test.each(WORLD)('$pattern only where it belongs', ({ pattern, files }) => {
  for (const { file, text } of sources) {
    if (files.some((allowed) => allowed.test(file))) continue;
    expect(pattern.test(withoutComments(text)), `${file} uses ${pattern}`).toBe(false);
  }
});

test('no file is a barrel or a drawer', () => {
  for (const { file } of sources) {
    expect(file).not.toMatch(/(^|\/)(utils|helpers|common|misc|types|shared|base)\.ts$/);
    if (file !== 'index.ts') expect(file).not.toMatch(/\/index\.ts$/);
  }
});

test('no file is longer than 400 lines', () => {
  for (const { file, text } of sources)
    expect(text.split('\n').length, file).toBeLessThanOrEqual(400);
});

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

function readSource(path: string): Source {
  const file = relative(SRC, path).split(sep).join('/');
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\b[^;]*?from\s'([^']+)'|^import\s'([^']+)'|\bimport\('([^']+)'\)/gm,
  );
  const imports = [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  return { file, folder: folderOf(file), text, imports };
}

/** `storage/sqlite` for an adapter, `core` for the rest, the name itself for files of the root. */
function folderOf(file: string): string {
  const parts = file.split(sep).join('/').replace(/\.ts$/, '').split('/');
  if (parts.length === 1) return parts[0] ?? '';
  const adapter = parts.length > 2 && (parts[0] === 'storage' || parts[0] === 'runtime');
  return adapter ? `${parts[0]}/${parts[1]}` : (parts[0] ?? '');
}

function valueImports(file: string, text: string): string[] {
  const found = text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from\s'(\.[^']+)'/gm);
  return [...found].map((match) =>
    relative(SRC, resolve(SRC, dirname(file), match[1] ?? ''))
      .split(sep)
      .join('/'),
  );
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}
