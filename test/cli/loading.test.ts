import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Every module that is loaded with this one: what it imports for its values, and so on. */
function loadedWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(join(SRC, file), 'utf8');
  const imports = text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from\s'(\.[^']+)'/gm);
  for (const [, specifier = ''] of imports) {
    loadedWith(relative(SRC, resolve(SRC, dirname(file), specifier)), found);
  }
  return found;
}

const commands = readdirSync(join(SRC, 'cli/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('cli/commands', file));
const ENGINE = /^(engine|executor|runtime|scheduler|storage|app)\b/;

describe('nothing is loaded that is not used', () => {
  it('help of the whole costs a handful of modules', () => {
    const own = [...loadedWith('cli/main.ts')].filter((file) => !file.startsWith('core/'));
    expect(own.sort()).toEqual([
      'cli/io.ts',
      'cli/main.ts',
      'cli/options.ts',
      'cli/program.ts',
      'cli/usage-error.ts',
    ]);
  });

  it.each(commands)('%s', (file) => {
    const loaded = [...loadedWith(file)];
    expect(loaded.filter((other) => ENGINE.test(other))).toEqual([]);
    // One command is not loaded for the sake of another, but for what they share by name.
    const others = loaded.filter((other) => commands.includes(other) && other !== file);
    expect(others.filter((other) => dirname(other) !== dirname(file))).toEqual([]);
  });

  it('whoever only reads loads neither engine nor scheduler', () => {
    for (const file of ['client/create-client.ts', 'client/schedule-reads.ts', 'app.ts']) {
      const heavy = [...loadedWith(file)].filter((other) =>
        /^(engine\/session|executor\/start-run|scheduler\/scheduler|runtime\/local)/.test(other),
      );
      expect(heavy, file).toEqual([]);
    }
  });
});
