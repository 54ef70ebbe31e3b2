import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES: { readonly [specifier: string]: string } = {
  pyworkflow: 'src/index.ts',
  'pyworkflow/testing': 'src/testing.ts',
  'pyworkflow/testing/vitest': 'src/testing/vitest.ts',
};

// The examples of docs/testing.md are tests: importing them registers them here.
const page = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8');
const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
// Inside of the project, so that they find its packages.
mkdirSync(join(ROOT, '.tmp'), { recursive: true });
const folder = mkdtempSync(join(ROOT, '.tmp/docs-'));
for (const [index, block] of blocks.entries()) {
  const code = block.replaceAll(/'(pyworkflow[\w/]*)'/g, (all, specifier: string) => {
    const source = SOURCES[specifier];
    return source === undefined ? all : `'${join(ROOT, source)}'`;
  });
  const file = join(folder, `block-${index + 1}.ts`);
  writeFileSync(file, code);
  await import(file);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));
