import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { folderWith } from '../unit/config/config-folder.ts';
import { runCli } from './run-cli.ts';

const FILES = [
  '.gitignore',
  'README.md',
  'package.json',
  'pyworkflow.config.yaml',
  'tsconfig.json',
  'workflows/notifications.ts',
  'workflows/orders.ts',
];

describe('quickstart', () => {
  it('makes a folder and says what to do next', async () => {
    const cwd = folderWith({});
    const { stdout, stderr, exitCode } = await runCli(['quickstart', 'my flows', '-y'], { cwd });
    expect(exitCode).toBe(0);
    expect(stderr).toBe(`✓ ${join(cwd, 'my flows')} is ready\n`);
    expect(stdout).toMatch(
      /^\nNext:\n\n {2}cd 'my flows'\n {2}.*workflows run processOrder --arg orderId=ORD-1\n/,
    );
    for (const file of FILES) expect(existsSync(join(cwd, 'my flows', file)), file).toBe(true);
    const manifest = JSON.parse(readFileSync(join(cwd, 'my flows/package.json'), 'utf8'));
    expect(manifest.name).toBe('my-flows');
    // From a checkout npm must not look for a release.
    expect(manifest.dependencies.pyworkflow).toMatch(/^file:\//);
    const config = await loadConfig({ cwd: join(cwd, 'my flows'), env: {} });
    expect(config?.values).toMatchObject({ module: ['workflows'], storage: { backend: 'sqlite' } });
  });

  it('is one document in json', async () => {
    const cwd = folderWith({});
    const { stdout } = await runCli(['quickstart', '-y', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      directory: cwd,
      template: 'basic',
      storage: 'sqlite',
      files: expect.arrayContaining(FILES),
      kept: [],
      backups: [],
    });
  });

  it('may be repeated', async () => {
    const cwd = folderWith({});
    await runCli(['quickstart', '-y'], { cwd });
    expect((await runCli(['quickstart', '-y'], { cwd })).exitCode).toBe(0);
    expect(readdirSync(cwd).filter((name) => name.includes('backup'))).toEqual([]);
  });

  it('replaces nothing unasked, and keeps a copy when forced', async () => {
    const cwd = folderWith({ 'workflows/orders.ts': '// mine' });
    const refused = await runCli(['quickstart', '-y'], { cwd });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('There are other files called workflows/orders.ts');
    expect(readdirSync(cwd)).toEqual(['workflows']);

    for (const copy of ['workflows/orders.ts.backup', 'workflows/orders.ts.backup2']) {
      writeFileSync(join(cwd, 'workflows/orders.ts'), `// mine ${copy}`);
      const forced = await runCli(['quickstart', '-y', '--force', '--json'], { cwd });
      expect(JSON.parse(forced.stdout).backups).toEqual([copy]);
      expect(readFileSync(join(cwd, copy), 'utf8')).toBe(`// mine ${copy}`);
    }
  });

  it('leaves the files of a project alone', async () => {
    const cwd = folderWith({ 'package.json': '{"name":"mine"}' });
    const { stderr, exitCode } = await runCli(['quickstart', '-y', '--force'], { cwd });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('! Kept your package.json\n');
    expect(readFileSync(join(cwd, 'package.json'), 'utf8')).toBe('{"name":"mine"}');
  });

  it.each([
    [['--template', 'fancy'], '--template fancy is not available; available: basic'],
    [['--storage', 'postgres'], '--storage postgres is not available; available: sqlite'],
  ])('refuses %j', async (args, message) => {
    const { stderr, exitCode } = await runCli(['quickstart', '-y', ...args], {
      cwd: folderWith({}),
    });
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it('cannot write where a file is in the way', async () => {
    const cwd = folderWith({ here: 'a file' });
    const { stderr, exitCode } = await runCli(['quickstart', 'here/there', '-y'], { cwd });
    expect(stderr).toContain('Cannot write to');
    expect(exitCode).toBe(2);
  });
});
