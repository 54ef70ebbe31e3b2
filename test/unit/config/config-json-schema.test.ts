import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { configJsonSchema } from '../../../src/config/config-json-schema.ts';

it('is published as the program checks it; `vitest -u` writes it', async () => {
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../../docs/reference/config.schema.json');
});

it('is a schema that accepts and refuses', () => {
  const check = new Ajv2020({ strict: false }).compile(configJsonSchema());
  expect(check({ module: ['a'], storage: { backend: 'sqlite', port: '${PORT}' } })).toBe(true);
  expect(check({ modul: 'a' })).toBe(false);
  expect(check({ storage: { backend: 'oracle' } })).toBe(false);
  expect(check({ worker: { concurrency: 0 } })).toBe(false);
});
