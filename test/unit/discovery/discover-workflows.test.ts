import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

const IMPORT = "import { Step, Workflow, step, workflow } from 'pyworkflow';\n";
const simple = (name: string) =>
  `${IMPORT}export const w = workflow({ name: '${name}' }, async () => 1);\n`;

const FILES = {
  'good/a.ts': simple('inTs'),
  'good/deep/b.mjs': simple('inMjs').replace('Step, Workflow, step, ', ''),
  'good/deep/c.js': simple('inJs').replace('Step, Workflow, step, ', ''),
  'good/d.mts': `${IMPORT}step({ name: 'own' }, async () => 1);\nworkflow({ name: 'notExported' }, async () => 1);\n`,
  'good/a.test.ts': "throw new Error('a test was loaded');",
  'good/types.d.ts': 'export type X = 1;',
  'good/.hidden/x.ts': "throw new Error('a hidden file was loaded');",
  'good/node_modules/x.ts': "throw new Error('a dependency was loaded');",
  'good/readme.md': '',
  'commonjs/package.json': '{ "type": "commonjs" }',
  'commonjs/w.ts': `${IMPORT}import { name } from './name';\nexport const w = workflow({ name }, async () => 1);\n`,
  'commonjs/name.ts': "enum Names { One = 'inCommonJs' }\nexport const name: string = Names.One;\n",
  'class/w.ts': `${IMPORT}
class Fetch extends Step { async execute(id: string) { return id; } }
export class ProcessUser extends Workflow { async execute(id: string) { return new Fetch().run(id); } }
`,
  'syntax/w.ts': `${IMPORT}\nexport const broken = 1 +;\n`,
  'syntaxjs/w.mjs': '\n\nexport const broken = 1 +;\n',
  'throws/w.ts': `interface Types { vanish: string }\n\nfunction connect(_: Types): never {\n  throw new TypeError('no database');\n}\nconnect({ vanish: '' });\n`,
  'missing/w.ts': "import { x } from 'no-such-package';\nconsole.log(x);\n",
  'twice/a.ts': simple('same'),
  'twice/b.ts': `${IMPORT}\nexport const w =\n  workflow({ name: 'same' }, async () => 2);\n`,
  'empty/x.txt': '',
};

const MODULES = ['good', 'good/a.ts', 'good/**/?.*js', 'commonjs/w.ts', 'class'];
const BROKEN = [
  'syntax',
  'syntaxjs',
  'throws',
  'missing',
  'twice',
  'empty',
  'nowhere.ts',
  'empty/*.ts',
];

interface Found {
  readonly files: string[];
  readonly sources: Record<string, string>;
  readonly workflows: string[];
  readonly steps: string[];
  readonly error: { name: string; message: string; code: string; hint: string };
}

let folder = '';
let found: Record<string, Found> = {};

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pyworkflow-discovery-')));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const modules = [...MODULES, ...BROKEN];
  const runner = fileURLToPath(new URL('run-discovery.ts', import.meta.url));
  const tsx = import.meta.resolve('tsx');
  const { stdout } = await execa(process.execPath, ['--import', tsx, runner, ...modules], {
    cwd: folder,
  });
  const results = JSON.parse(stdout.replaceAll(`${folder}/`, '')) as Found[];
  found = Object.fromEntries(results.map((result, i) => [modules[i] ?? '', result]));
}, 30_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('loads every module of a folder, and nothing else', () => {
  expect(found.good?.files).toEqual([
    'good/a.ts',
    'good/d.mts',
    'good/deep/b.mjs',
    'good/deep/c.js',
  ]);
  expect(found.good?.workflows).toEqual(['inJs', 'inMjs', 'inTs', 'notExported']);
  expect(found.good?.steps).toEqual(['own']);
  expect(found.good?.sources).toEqual({
    inTs: 'good/a.ts',
    inMjs: 'good/deep/b.mjs',
    inJs: 'good/deep/c.js',
    notExported: 'good/d.mts',
  });
});

it('takes globs', () => {
  expect(found['good/**/?.*js']?.files).toEqual(['good/deep/b.mjs', 'good/deep/c.js']);
});

it('loads TypeScript of a CommonJS project, enums and bare imports included', () => {
  expect(found['commonjs/w.ts']?.workflows).toEqual(['inCommonJs']);
});

it('registers exported classes', () => {
  expect(found.class?.workflows).toEqual(['ProcessUser']);
});

it.each([
  ['syntax', 'syntax/w.ts:3:26: Unexpected ";"'],
  ['syntaxjs', "syntaxjs/w.mjs:3:26: SyntaxError: Unexpected token ';'"],
  ['throws', 'throws/w.ts:4:9: TypeError: no database'],
  ['missing', "missing/w.ts: Cannot find package 'no-such-package' imported from missing/w.ts"],
  ['twice', "Two workflows are named 'same': in twice/a.ts and at twice/b.ts:4:3"],
  ['empty', 'The folder'],
  ['nowhere.ts', 'There is no module nowhere.ts'],
  ['empty/*.ts', 'No file fits empty/*.ts'],
])('explains %s', (module, message) => {
  const error = found[module]?.error;
  expect(error?.message).toContain(message);
  expect(error?.code).toBe('DISCOVERY');
  expect(error?.hint).toBeTruthy();
});
