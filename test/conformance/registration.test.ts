import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const stores = readdirSync(new URL('../../src/storage/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  // What the stores on SQL servers share; no store by itself.
  .filter((name) => name !== 'sql');

test('there are stores', () => {
  expect(stores).toEqual(expect.arrayContaining(['memory', 'sqlite']));
});

test.each(stores)('the store %s is held to the conformance suite', (name) => {
  expect(existsSync(new URL(`./stores/${name}.test.ts`, import.meta.url))).toBe(true);
});
