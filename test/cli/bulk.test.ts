import { beforeEach, describe, expect, it } from 'vitest';
import { hook } from '../../src/primitives/hook.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { useCliWorld } from './cli-world.ts';

const world = useCliWorld();
let ids: string[] = [];

beforeEach(async () => {
  workflow({ name: 'asks' }, async () => hook('approval'));
  workflow({ name: 'ends' }, async () => 1);
  const runs = await Promise.all(
    [1, 2].map(() => world.client.start('asks', undefined, { detach: true })),
  );
  await (await world.client.start('ends')).result();
  ids = runs.map(({ runId }) => runId);
});

const newestFirst = async () =>
  (await world.client.runs.list({ workflowName: 'asks' })).items.map(({ runId }) => runId);

describe('runs cancel by filter', () => {
  it('wants --yes where nobody can be asked, and shows what it would do', async () => {
    const [a, b] = await newestFirst();
    expect(await world.run(['runs', 'cancel', '--workflow', 'asks'])).toEqual({
      stdout: '',
      stderr: [
        'To cancel: 2 runs',
        `  ${a}  asks  ○ pending`,
        `  ${b}  asks  ○ pending`,
        '✗ Nobody is there to answer: Cancel 2 runs?',
        '  Give --yes',
        '',
      ].join('\n'),
      exitCode: 2,
    });
    const dry = await world.run([
      'runs',
      'cancel',
      '--workflow',
      'asks',
      '--dry-run',
      '--output',
      'plain',
    ]);
    expect(dry.stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([a, b, '']);
    expect((await world.client.runs.list({ statuses: ['pending'] })).items).toHaveLength(2);
  });

  it('cancels those that fit and nothing else', async () => {
    const found = (await world.json(['runs', 'cancel', '--since', '1h', '--yes'])) as object[];
    expect(found.map((one) => (one as { run_id: string }).run_id).sort()).toEqual([...ids].sort());
    expect(found[0]).toEqual({
      run_id: expect.any(String),
      cancelled: true,
      status: expect.any(String),
      error: null,
    });
  });

  it('finds nothing', async () => {
    expect(await world.run(['runs', 'cancel', '--tag', 'none', '--yes'])).toEqual({
      stdout: '',
      stderr: 'No run fits.\n',
      exitCode: 0,
    });
    expect((await world.run(['runs', 'cancel', '--tag', 'none', '--yes', '--json'])).stdout).toBe(
      '[]\n',
    );
  });

  it.each([
    [['cancel'], 'Which runs shall I cancel?', 'Give ids, - for ids on stdin, or a filter'],
    [['cancel', 'latest', '--status', 'running'], 'Give ids or a filter, not both', ''],
    [
      ['cancel', '--status', 'completed', '--yes'],
      'nothing to cancel about a run that is completed',
      '',
    ],
    [['resume'], 'Which runs shall I resume?', ''],
    [
      ['resume', '--status', 'failed', '--yes'],
      'nothing to resume about a run that is failed',
      'pyworkflow runs fork',
    ],
    [['cancel', '--since', 'long', '--yes'], '--since must be like', ''],
  ])('refuses %j', async (args, message, hint) => {
    const { stdout, stderr, exitCode } = await world.run(['runs', ...args]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });
});

describe('runs resume of many', () => {
  it('tries every id and reports the first failure', async () => {
    const { stdout, exitCode } = await world.run(['runs', 'resume', '-', '--json'], {
      stdin: `${ids[0]}\nnope\n`,
    });
    expect(JSON.parse(stdout)).toEqual([
      {
        run_id: ids[0],
        workflow_name: null,
        status: null,
        error: expect.objectContaining({
          code: 'RUN_FINISHED',
          message: `Run ${ids[0]} is pending, not parked`,
        }),
      },
      expect.objectContaining({
        run_id: 'nope',
        error: expect.objectContaining({ code: 'RUN_NOT_FOUND' }),
      }),
    ]);
    expect(exitCode).toBe(1);
    const empty = await world.run(['runs', 'resume', '--workflow', 'asks', '--yes']);
    expect(empty).toEqual({ stdout: '', stderr: 'No run fits.\n', exitCode: 0 });
  });
});

describe('runs list', () => {
  it('finds by parent and schedule', async () => {
    expect(await world.json(['runs', 'list', '--schedule', 'sched_1'])).toEqual([]);
    expect(await world.json(['runs', 'list', '--parent', ids[0] as string])).toEqual([]);
    expect((await world.run(['runs', 'list', '--parent', 'nope'])).exitCode).toBe(4);
  });
});

describe('runs list --watch', () => {
  it('draws on a terminal and leaves it clean', async () => {
    const { stdout, exitCode } = await world.run(
      ['runs', 'list', '--watch', '--workflow', 'ends'],
      {
        columns: 80,
        stopWith: 'SIGINT',
      },
    );
    expect(stdout.startsWith('\u001b[?1049h\u001b[?25l\u001b[H')).toBe(true);
    expect(stdout).toContain('Ctrl-C ends · 12:00:00 UTC · memory');
    const after = stdout.slice(
      stdout.indexOf('\u001b[?25h\u001b[?1049l') + '\u001b[?25h\u001b[?1049l'.length,
    );
    expect(after).toMatch(/^RUN ID .*\nrun_\w+ {2}ends .*✓ completed.*\n$/);
    expect(exitCode).toBe(130);
  });

  it('is a line for every change in a pipe', async () => {
    const { stdout } = await world.run(['runs', 'list', '--watch', '--output', 'plain'], {
      stopWith: 'SIGTERM',
    });
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  });

  it.each([
    [['--json'], '--watch has no end, and json is one document'],
    [[], '--watch draws on a terminal, and stdout is none'],
  ])('refuses %j', async (flags, message) => {
    const { stdout, stderr, exitCode } = await world.run(['runs', 'list', '--watch', ...flags]);
    expect(stderr).toContain(message);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });
});
