import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sleep } from '../../src/primitives/sleep.ts';
import { step } from '../../src/workflow/define-step.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';
import { useCliWorld } from './cli-world.ts';

const world = useCliWorld();
let id = '';
let folder = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pyworkflow-check-'));
  const one = step({ name: 'one' }, async () => 1);
  workflow({ name: 'wf' }, async () => {
    await one();
    await sleep('1h');
  });
  const run = await world.client.start('wf');
  while ((await run.status()) !== 'suspended') await new Promise((r) => setTimeout(r, 5));
  id = run.runId;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a deployment would bring. */
function changeCode(): void {
  clearRegistry();
  const two = step({ name: 'two' }, async () => 2);
  workflow({ name: 'wf' }, async () => two());
}

const check = (...flags: string[]) => world.run(['workflows', 'check', ...flags], { cwd: folder });

describe('workflows check', () => {
  it('is 0 where all histories fit', async () => {
    expect(await check()).toEqual({
      stdout: `RUN                   WORKFLOW  VERDICT  RECORDED  THE CODE  AT\n${id}  wf        ✓ fits\n`,
      stderr: '✓ No divergence in 1 run\n',
      exitCode: 0,
    });
    expect(await world.json(['workflows', 'check', 'wf', '--strict'])).toEqual({
      ...{ checked: 1, ok: 1, diverged: 0, other_result: 0, unknown_workflow: 0 },
      runs: [
        {
          ...{ run_id: id, workflow_name: 'wf', status: 'suspended', verdict: 'ok' },
          ...{ sequence: null, recorded: null, requested: null, source: null, awaiting: [] },
        },
      ],
    });
  });

  it('is 7 where one no longer fits, with both sides and the line', async () => {
    changeCode();
    const { stdout, stderr, exitCode } = await check('--output', 'plain');
    expect(stdout).toMatch(
      new RegExp(`^${id}\twf\tdivergence\t.*one.*\t.*two.*\t.*check\\.test\\.ts:\\d+:\\d+\n$`),
    );
    expect(stderr).toContain('✗ 1 of 1 run would be parked by this code\n');
    expect(exitCode).toBe(7);
    const json = await world.run(['workflows', 'check', '--json', '--run', id]);
    expect(json.exitCode).toBe(7);
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      checked: 1,
      diverged: 1,
      runs: [
        { verdict: 'divergence', sequence: 2, source: expect.stringContaining('check.test.ts') },
      ],
    });
    const table = await check();
    expect(table.stdout).toContain('✗ diverges');
    const narrow = await world.run(['workflows', 'check'], { columns: 80, cwd: process.cwd() });
    expect(narrow.stdout.replace(/:\d+:\d+/, ':LINE')).toBe(
      [
        'RUN                   WORKFLOW  VERDICT',
        `${id}  wf        ✗ diverges`,
        '',
        `${id} at event 2`,
        "    recorded  step 'one' (step_one_1)",
        "    the code  step 'two' (step_two_1)",
        '    at        test/cli/check.test.ts:LINE',
        '',
      ].join('\n'),
    );
  });

  it('checks exported histories', async () => {
    await world.run(['runs', 'export', id, '--file', 'run.json'], { cwd: folder });
    const logs = await world.run(['runs', 'logs', id, '--json']);
    writeFileSync(join(folder, 'logs.json'), logs.stdout);
    const both = ['--file', 'run.json', '--file', 'logs.json', '--output', 'plain'];
    expect((await check(...both)).stdout).toBe(`${id}\twf\tok\t\t\t\nlogs.json\twf\tok\t\t\t\n`);
    changeCode();
    expect((await check(...both)).exitCode).toBe(7);
  });

  it('tells what it does not know, and minds it if strict', async () => {
    clearRegistry();
    const { stdout, stderr, exitCode } = await check('--output', 'plain');
    expect(stdout).toBe(`${id}\twf\tunknown_workflow\t\t\t\n`);
    expect(stderr).toContain('1 of 1 run belong to workflows that no module here defines');
    expect(exitCode).toBe(0);
    expect((await check('--strict')).exitCode).toBe(7);
  });

  it('has nothing to check', async () => {
    expect(await check('other')).toEqual({
      stdout: '',
      stderr: 'There is no unfinished run to check.\n',
      exitCode: 0,
    });
  });

  it.each([
    [['--file', 'a.json', '--run', 'x'], 2, 'Give --file or --run, not both'],
    [['--file', 'nowhere.json'], 2, '--file: cannot read nowhere.json'],
    [['--file', 'bad.json'], 2, '--file bad.json: it is no exported run: it has no events'],
    [['--file', 'gap.json'], 2, '--file gap.json: event 1 is none'],
    [['--run', 'nope'], 4, "There is no run 'nope'"],
    [['--since', 'x'], 2, '--since must be like'],
  ])('refuses %j', async (flags, code, message) => {
    writeFileSync(join(folder, 'bad.json'), '{"run":{}}');
    writeFileSync(
      join(folder, 'gap.json'),
      '{"events":[{"sequence":2,"type":"x","timestamp":"2026-01-01"}]}',
    );
    const { stdout, stderr, exitCode } = await check(...flags);
    expect(stderr).toContain(message);
    expect([stdout, exitCode]).toEqual(['', code]);
  });
});
