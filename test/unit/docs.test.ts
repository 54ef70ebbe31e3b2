import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/observability.md',
  'docs/guide.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs/adr')).map((file) => `docs/adr/${file}`),
];

test.each(PAGES)('%s names only files that exist (inventory 11.25)', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  for (const link of links) expect(existsSync(join(ROOT, dirname(page), link)), link).toBe(true);
  const paths = [...text.matchAll(/`((?:src|test|docs|examples|templates)\/[\w./-]+)`/g)];
  for (const [, path = ''] of paths) expect(existsSync(join(ROOT, path)), path).toBe(true);
});

test('every decision is in the index, and short', () => {
  const index = readFileSync(join(ROOT, 'docs/adr/README.md'), 'utf8');
  for (const file of readdirSync(join(ROOT, 'docs/adr'))) {
    if (file === 'README.md') continue;
    expect(index).toContain(`(${file})`);
    expect(readFileSync(join(ROOT, 'docs/adr', file), 'utf8').split('\n').length).toBeLessThan(61);
  }
});
