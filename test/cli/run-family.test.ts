import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { continueAsNew } from '../../src/primitives/continue-as-new.ts';
import { hook } from '../../src/primitives/hook.ts';
import { startChildWorkflow } from '../../src/primitives/start-child-workflow.ts';
import { step } from '../../src/workflow/define-step.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { useCliWorld } from './cli-world.ts';

const world = useCliWorld();
let pays = false;

beforeEach(() => {
  pays = false;
  const look = step({ name: 'look' }, async (item: string) => ({ item, price: 5 }));
  const pay = step({ name: 'pay', maxRetries: 0 }, async () => {
    if (!pays) throw new Error('no money');
    return 'paid';
  });
  workflow({ name: 'leaf' }, async () => 1);
  workflow({ name: 'family' }, async () => {
    await startChildWorkflow('leaf' as never);
    await startChildWorkflow('leaf' as never);
  });
  workflow({ name: 'counts' }, async (left: number): Promise<string> => {
    if (left > 0) return continueAsNew(left - 1) as never;
    return 'done';
  });
  workflow({ name: 'order' }, async (item: string) => {
    const { price } = await look(item);
    return `${await pay()} ${price}`;
  });
  workflow({ name: 'asks' }, async () => hook('approval'));
});

async function ended(name: string, input?: unknown): Promise<string> {
  const run = await world.client.start(name, input);
  await run.result().catch(() => {});
  return run.runId;
}

describe('runs children', () => {
  it('in three formats', async () => {
    const id = await ended('family');
    const { items } = await world.client.runs.list({ parentRunId: id });
    const table = await world.run(['runs', 'children', id]);
    expect(table.stdout.replaceAll(/run_\w+/g, 'RUN')).toBe(
      [
        'RUN ID                WORKFLOW  STATUS       STARTED  DURATION',
        'RUN  leaf      ✓ completed  now      0ms',
        'RUN  leaf      ✓ completed  now      0ms',
        '',
      ].join('\n'),
    );
    const plain = await world.run(['runs', 'children', id, '--output', 'plain', '--limit', '1']);
    expect(plain.stdout).toBe(
      `${items[0]?.runId}\tleaf\tcompleted\t2026-11-22T12:00:00.000Z\t0s\n`,
    );
    expect(plain.stderr).toContain('There are more: --cursor ');
    const json = (await world.json(['runs', 'children', id])) as object[];
    expect(json).toHaveLength(2);
    expect(json[0]).toMatchObject({ parent_run_id: id, nesting_depth: 1, workflow_name: 'leaf' });
    expect(await world.run(['runs', 'children', id, '--status', 'failed'])).toEqual({
      stdout: '',
      stderr: `Run ${id} has no such children.\n`,
      exitCode: 0,
    });
  });
});

describe('runs chain and tree', () => {
  it('shows what continues what', async () => {
    const id = await ended('counts', 2);
    const chain = await world.client.runs.chain(id);
    const [first, second, third] = chain.map(({ runId }) => runId);
    expect((await world.run(['runs', 'chain', second as string])).stdout).toBe(
      [
        'RUN ID                WORKFLOW  STATUS              STARTED  DURATION',
        `${first}  counts    → continued_as_new  now      0ms       #1 of 3`,
        `${second}  counts    → continued_as_new  now      0ms       #2 of 3 ◀`,
        `${third}  counts    ✓ completed         now      0ms       #3 of 3`,
        '',
      ].join('\n'),
    );
    const plain = await world.run(['runs', 'chain', third as string, '--output', 'plain']);
    expect(plain.stdout.split('\n')[2]).toMatch(/\tcompleted\t.*\t0s\t#3 of 3$/);
    expect(await world.json(['runs', 'chain', third as string])).toMatchObject([
      {
        run_id: first,
        continued_from_run_id: null,
        continued_to_run_id: second,
        is_current: false,
      },
      { run_id: second, continued_from_run_id: first },
      { run_id: third, continued_to_run_id: null, is_current: true },
    ]);
    const status = await world.run(['runs', 'status', second as string]);
    expect(status.stdout).toContain(`Chain     #2 of 3, newest ${third}\n`);
    expect((await world.run(['runs', 'tree', third as string])).stdout).toBe(
      [
        `${first}  counts  → continued_as_new  0ms`,
        `↳ ${second}  counts  → continued_as_new  0ms`,
        `↳ ${third}  counts  ✓ completed  0ms ◀`,
        '',
      ].join('\n'),
    );
  });

  it('shows children and errors', async () => {
    const id = await ended('family');
    const [two, one] = (await world.client.runs.list({ parentRunId: id })).items;
    const { stdout } = await world.run(['runs', 'tree', id]);
    expect(stdout).toBe(
      [
        `${id}  family  ✓ completed  0ms ◀`,
        `├─ ${one?.runId}  leaf  ✓ completed  0ms`,
        `└─ ${two?.runId}  leaf  ✓ completed  0ms`,
        '',
      ].join('\n'),
    );
    const plain = await world.run(['runs', 'tree', id, '--output', 'plain']);
    expect(plain.stdout).toBe(
      `${id}\t0\troot\tfamily\tcompleted\n` +
        `${one?.runId}\t1\tchild\tleaf\tcompleted\n${two?.runId}\t1\tchild\tleaf\tcompleted\n`,
    );
    expect(await world.json(['runs', 'tree', id])).toMatchObject([
      { run_id: id, relation: 'root', is_current: true, children: [{ relation: 'child' }, {}] },
    ]);
    const leaf = await world.run(['runs', 'tree', one?.runId ?? '']);
    expect(leaf.stderr).toBe(`It is a child: pyworkflow runs tree ${id}\n`);
  });
});

describe('runs fork', () => {
  it('goes on from the failed step and follows to the end', async () => {
    const id = await ended('order', 'book');
    pays = true;
    const { stdout, stderr, exitCode } = await world.run(['runs', 'fork', id]);
    expect(stdout).toBe('"paid 5"\n');
    expect(stderr).toContain(`${id} stays as it is; run_`);
    expect(stderr).toContain('✓ order completed');
    expect(exitCode).toBe(0);
  });

  it('takes other results, and can be left to a worker', async () => {
    const id = await ended('order', 'book');
    const args = ['runs', 'fork', id, '--from', 'pay', '--set', 'look={"item":"x","price":7}'];
    const json = (await world.json([...args, '--set', 'pay="given"', '--detach'])) as {
      run_id: string;
    };
    expect(json).toEqual({
      run_id: expect.stringMatching(/^run_/),
      workflow_name: 'order',
      status: 'pending',
      forked_from_run_id: id,
      from_step: 'pay',
      overrides: { look: { item: 'x', price: 7 }, pay: 'given' },
    });
    const plain = await world.run(['runs', 'fork', id, '--no-wait', '--output', 'plain']);
    expect(plain.stdout).toMatch(new RegExp(`^run_[0-9a-f]{16}\tpending\t${id}\n$`));
    const status = await world.run(['runs', 'status', json.run_id]);
    expect(status.stdout).toContain(`Forked from  ${id}\n`);
    const followed = await world.json([...args, '--set', 'pay="given"']);
    expect(followed).toMatchObject({ status: 'completed', result: 'given 7' });
  });

  it.each([
    [['--from', 'nothing'], 2, "the run has never begun a step 'nothing'"],
    [['--set', 'look'], 2, "--set must be step=json, not 'look'"],
    [['--input', '{'], 2, '--input is not valid JSON'],
    [['--timeout', 'x'], 2, '--timeout must be a duration'],
  ])('refuses %j', async (flags, code, message) => {
    const id = await ended('order', 'book');
    const { stdout, stderr, exitCode } = await world.run(['runs', 'fork', id, ...flags]);
    expect(stderr).toContain(message);
    expect([stdout, exitCode]).toEqual(['', code]);
  });
});

describe('runs diff', () => {
  it('begins at the first difference', async () => {
    const failed = await ended('order', 'book');
    pays = true;
    const paid = await ended('order', 'book');
    const { stdout, exitCode } = await world.run(['runs', 'diff', failed, paid, '--exit-code']);
    expect(stdout.replaceAll(/(?<=\S) {2,}/g, '  ')).toBe(
      [
        `A  ${failed}  order  ✗ failed`,
        `B  ${paid}  order  ✓ completed`,
        '',
        '4 events are the same; the first difference is at A event 5, B event 5',
        '',
        '   A  B',
        '   3 step.completed look → {"item":"book","price":5}  3 step.completed look → {"item":"book","price":5}',
        '   4 step.started pay()  4 step.started pay()',
        '<  5 step.failed pay attempt 1: Error: no money',
        "<  6 workflow.failed StepFailedError: Step 'pay' failed after 1 attempt: no money",
        '>  5 step.completed pay → "paid"',
        '>  6 workflow.completed "paid 5"',
        '',
      ].join('\n'),
    );
    expect(exitCode).toBe(1);
    const json = (await world.json(['runs', 'diff', failed, paid])) as { rows: object[] };
    expect(json).toMatchObject({
      a: { run_id: failed, status: 'failed', event_count: 6 },
      b: { run_id: paid, status: 'completed' },
      is_same: false,
      first_difference: { kind: 'only_a', a: { sequence: 5, type: 'step.failed' }, b: null },
    });
    expect(json.rows).toHaveLength(8);
    const plain = await world.run(['runs', 'diff', failed, paid, '--output', 'plain']);
    expect(plain.stdout.split('\n')[1]).toBe(
      'same\t2 step.started look("book")\t2 step.started look("book")',
    );
    expect(JSON.stringify(json)).not.toContain('secret');
  });

  it('says that there is none', async () => {
    const [a, b] = [await ended('order', 'book'), await ended('order', 'book')];
    const { stdout, exitCode } = await world.run(['runs', 'diff', a, b, '--exit-code']);
    expect(stdout.split('\n')[3]).toBe('Both have done the same: 6 events.');
    expect(exitCode).toBe(0);
    expect(await world.json(['runs', 'diff', a, b])).toMatchObject({
      is_same: true,
      first_difference: null,
    });
    const changed = await ended('order', 'pen');
    const other = (await world.run(['runs', 'diff', a, changed, '--all'])).stdout;
    expect(other).toMatch(/≠ {2}1 workflow\.started order "book" +1 workflow\.started order "pen"/);
  });

  it('knows both runs or fails', async () => {
    const id = await ended('leaf');
    expect((await world.run(['runs', 'diff', id, 'nope'])).exitCode).toBe(4);
    expect((await world.run(['runs', 'diff', id])).exitCode).toBe(2);
  });
});

describe('runs export', () => {
  it('is record and history without secrets, on stdout or in a file', async () => {
    const run = await world.client.start('asks');
    while ((await run.status()) !== 'suspended') await new Promise((r) => setTimeout(r, 5));
    const folder = mkdtempSync(join(tmpdir(), 'pyworkflow-export-'));
    const { stdout } = await world.run(['runs', 'export', run.runId]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      format: 'pyworkflow.run/1',
      exported_at: '2026-11-22T12:00:00.000Z',
      run: { run_id: run.runId, workflow_name: 'asks', input: null },
      events: [{ sequence: 1, type: 'workflow.started' }, { type: 'hook.created' }],
    });
    const token = (await world.client.hooks.list()).items[0]?.token ?? '';
    const [started] = await world.client.runs.events(run.runId);
    if (started?.type !== 'workflow.started') throw new Error('it begins otherwise');
    const { secret = 'none' } = started.data;
    for (const hidden of [secret, token.split(':')[2] as string])
      expect(stdout).not.toContain(hidden);
    for (const format of ['json', 'plain']) {
      expect((await world.run(['runs', 'export', run.runId, '--output', format])).stdout).toBe(
        stdout,
      );
    }
    const toFile = await world.run(['runs', 'export', run.runId, '--file', 'r.json', '--json'], {
      cwd: folder,
    });
    expect(JSON.parse(toFile.stdout)).toEqual({
      run_id: run.runId,
      file: join(folder, 'r.json'),
      events: 2,
    });
    expect(JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8'))).toEqual(document);
    const bad = await world.run(['runs', 'export', run.runId, '--file', 'no/r.json'], {
      cwd: folder,
    });
    expect(bad.stderr).toContain('--file: cannot write no/r.json');
    expect(bad.exitCode).toBe(2);
    rmSync(folder, { recursive: true });
  });
});

describe.each(['children', 'chain', 'tree', 'fork', 'export'])('runs %s', (verb) => {
  it('of an unknown run', async () => {
    const { stdout, stderr, exitCode } = await world.run(['runs', verb, 'nope', '--json']);
    expect([stdout, exitCode]).toEqual(['', 4]);
    expect(JSON.parse(stderr).error.code).toBe('RUN_NOT_FOUND');
  });
});
