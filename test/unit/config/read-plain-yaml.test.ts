import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { locateYaml } from '../../../src/config/locate-yaml.ts';
import { readPlainYaml } from '../../../src/config/read-plain-yaml.ts';

const weighted = <T>(...choices: [number, ...T[]][]) =>
  fc.oneof(
    ...choices.map(([weight, ...values]) => ({
      weight,
      arbitrary: fc.constantFrom(...(values as T[])),
    })),
  );

const key = fc.constantFrom('module', 'a', 'b_c', 'storage', 'path', 'd', 'e', '__proto__');
const value = weighted<string | null>(
  [20, 'sqlite', './x/y.db', '../z', '10', '0', '30s', 'redis://h:6379/0', 'true', null],
  [
    1,
    '007',
    '1e3',
    '0x1F',
    '1_000',
    '.5',
    '-1',
    'False',
    'null',
    '~',
    'yes',
    '1h30m',
    '12:30',
    '.inf',
  ],
  [1, 'a: b', 'a:', '${X}', '"q"', "'q'", '[a]', '{a: 1}', '|', '&x a', '*x', 'a#b', 'a #b', '@x'],
);
const line = fc
  .tuple(
    weighted([8, '', '  '], [2, '    '], [1, ' ', '\t']),
    key,
    weighted([12, ': '], [1, ':', ':  ', ' ']),
    fc.oneof(
      { weight: 12, arbitrary: value },
      { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
    ),
  )
  .map(([space, name, colon, v]) => `${space}${name}${v === null ? ':' : `${colon}${v}`}`);
const other = fc.constantFrom('', '# comment', '  # comment', '---', '- x', 'x', '  x');
const document = fc
  .array(fc.oneof({ weight: 12, arbitrary: line }, other), { maxLength: 6 })
  .map((lines) => lines.join('\n'));

it('agrees with the parser wherever it answers', () => {
  let answered = 0;
  fc.assert(
    fc.property(document, (text) => {
      const plain = readPlainYaml(text, 'f');
      if (plain === null) return;
      answered += 1;
      expect(locateYaml(text, 'f', {})).toEqual({ root: plain, problems: [] });
    }),
    { numRuns: 3000 },
  );
  expect(answered).toBeGreaterThan(100);
});

it.each(['basic', 'demo'])('reads the configuration of the template %s', (template) => {
  const url = new URL(`../../../templates/${template}/pyworkflow.config.yaml`, import.meta.url);
  const text = readFileSync(url, 'utf8');
  expect(readPlainYaml(text, 'f')).toEqual(locateYaml(text, 'f', {}).root);
});
