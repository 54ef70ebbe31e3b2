import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { useCliWorld } from './cli-world.ts';
import { NOW } from './run-cli.ts';

const world = useCliWorld();

beforeEach(() => {
  workflow({ name: 'sendReport', input: z.object({ team: z.string() }) }, async () => 1);
  workflow({ name: 'tick' }, async () => 1);
});

const create = (...more: string[]) =>
  world.run([
    ...['schedules', 'create', 'sendReport', '--cron', '0 9 * * 1-5', '--arg', 'team=sales'],
    ...['--timezone', 'Europe/Berlin', '--schedule-id', 'sched_report', ...more],
  ]);

describe('schedules create', () => {
  it('in three formats', async () => {
    const table = await create();
    expect(table).toEqual({
      stdout: '',
      stderr: [
        '✓ Schedule sched_report will run sendReport',
        '  Cron: 0 9 * * 1-5 (Europe/Berlin), next run 2026-11-23T08:00:00.000Z (in 20h)',
        'A worker fires and runs it:  pyworkflow worker run',
        '',
      ].join('\n'),
      exitCode: 0,
    });
    const tick = ['schedules', 'create', 'tick', '--interval', '15m'];
    const plain = await world.run([...tick, '--schedule-id', 'b', '--output', 'plain', '--quiet']);
    expect(plain.stdout).toBe('b\tactive\t2026-11-22T12:00:00.000Z\n');
    const json = await world.json([
      ...tick,
      '--schedule-id',
      'c',
      '--paused',
      '--overlap',
      'buffer_one',
    ]);
    expect(json).toEqual({
      schedule_id: 'c',
      workflow_name: 'tick',
      status: 'paused',
      spec: 'Every 15m (UTC)',
      overlap_policy: 'buffer_one',
      next_run_time: null,
    });
  });

  it('takes every kind of timing', async () => {
    const specOf = async (...flags: string[]) => {
      const { schedule_id } = (await world.json(['schedules', 'create', 'tick', ...flags])) as {
        schedule_id: string;
      };
      return (await world.client.schedules.get(schedule_id)).spec;
    };
    expect(
      await specOf('--calendar', 'at=09:30,weekday=mon', '--calendar', '{"day_of_month":1}'),
    ).toMatchObject({
      calendar: [
        { hour: 9, minute: 30, second: 0, day_of_week: 1, month: null },
        { hour: 0, minute: 0, day_of_month: 1, day_of_week: null },
      ],
    });
    expect(await specOf('--at', '2h')).toMatchObject({ at: '2026-11-22T14:00:00.000Z' });
    const wall = await specOf('--at', '2026-12-24T18:00', '--timezone', 'America/New_York');
    expect(wall).toMatchObject({ at: '2026-12-24T23:00:00.000Z', timezone: 'America/New_York' });
    const rest = ['--interval', '90', '--jitter', '5s', '--start', '1h', '--end', '2026-12-01'];
    expect(await specOf(...rest)).toMatchObject({
      interval: '1m30s',
      jitter: '5s',
      start_at: '2026-11-22T13:00:00.000Z',
      end_at: '2026-12-01T00:00:00.000Z',
    });
  });

  it.each([
    [['sendReport'], 2, 'When shall it run?', 'Give one of --cron, --interval, --calendar, --at'],
    [['tick', '--cron', '* * * * *', '--interval', '1m'], 2, '--cron and --interval exclude', ''],
    [['tick', '--cron', '99 * * * *'], 2, "'99 * * * *' is no cron pattern", ''],
    [['tick', '--interval', 'often'], 2, '--interval must be a duration', ''],
    [['tick', '--calendar', 'hour'], 2, "--calendar cannot read 'hour'", 'Write it like'],
    [['tick', '--calendar', 'hour=30'], 2, 'must be a whole number from 0 to 23', ''],
    [['tick', '--at', 'soon'], 2, '--at must be like 1h (from now)', ''],
    [['tick', '--at', '2020-01-01'], 2, '2020-01-01T00:00:00.000Z has passed', ''],
    [
      ['tick', '--interval', '1m', '--timezone', 'Berlin'],
      2,
      '--timezone must be an IANA name',
      '',
    ],
    [['tick', '--interval', '1m', '--overlap', 'never'], 2, 'It must be one of skip', ''],
    [['sendReport', '--interval', '1m'], 2, 'sendReport needs team', 'Give --arg team=…'],
    [
      ['sendReports', '--interval', '1m'],
      4,
      "no workflow 'sendReports'",
      "Did you mean 'sendReport'?",
    ],
  ])('refuses %j', async (args, code, message, hint) => {
    const { stdout, stderr, exitCode } = await world.run(['schedules', 'create', ...args]);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect([stdout, exitCode]).toEqual(['', code]);
  });

  it('refuses an id that is taken', async () => {
    await create();
    const { stderr, exitCode } = await create();
    expect(stderr).toContain("There is a schedule 'sched_report' already");
    expect(exitCode).toBe(1);
  });
});

describe('schedules list and show', () => {
  it('in three formats', async () => {
    await create();
    expect((await world.run(['schedules', 'list'])).stdout).toBe(
      [
        'SCHEDULE      WORKFLOW    STATUS    TIMING                             NEXT RUN  RUNS',
        'sched_report  sendReport  ● active  Cron: 0 9 * * 1-5 (Europe/Berlin)  in 20h    0/0',
        '',
      ].join('\n'),
    );
    expect((await world.run(['schedules', 'list', '--output', 'plain'])).stdout).toBe(
      'sched_report\tsendReport\tactive\tCron: 0 9 * * 1-5 (Europe/Berlin)\t2026-11-23T08:00:00.000Z\t0/0\n',
    );
    expect(await world.json(['schedules', 'list'])).toEqual([
      {
        schedule_id: 'sched_report',
        workflow_name: 'sendReport',
        status: 'active',
        spec: 'Cron: 0 9 * * 1-5 (Europe/Berlin)',
        overlap_policy: 'skip',
        next_run_time: '2026-11-23T08:00:00.000Z',
        total_runs: 0,
        successful_runs: 0,
        failed_runs: 0,
        cancelled_runs: 0,
        skipped_runs: 0,
        created_at: '2026-11-22T12:00:00.000Z',
        updated_at: '2026-11-22T12:00:00.000Z',
        last_run_at: null,
        last_run_id: null,
        catch_up_policy: 'one',
        tags: [],
        is_from_code: false,
      },
    ]);
  });

  it('of nothing', async () => {
    expect(await world.run(['schedules', 'list'])).toEqual({
      stdout: '',
      stderr: 'No schedules. Create one with: pyworkflow schedules create\n',
      exitCode: 0,
    });
    expect((await world.run(['schedules', 'list', '--json'])).stdout).toBe('[]\n');
    expect((await world.run(['schedules', 'list', '--output', 'plain'])).stdout).toBe('');
  });

  it('leaves deleted ones out unless they are asked for, and pages', async () => {
    await create();
    await world.client.schedules.create('tick', { interval: '1m' }, { scheduleId: 'second' });
    const { stderr } = await world.run(['schedules', 'list', '--limit', '1']);
    expect(stderr).toContain('There are more: --cursor ');
    await world.client.schedules.delete('second');
    const ids = async (...flags: string[]) =>
      ((await world.json(['schedules', 'list', ...flags])) as { schedule_id: string }[]).map(
        (schedule) => schedule.schedule_id,
      );
    expect(await ids()).toEqual(['sched_report']);
    expect(await ids('--all')).toEqual(['second', 'sched_report']);
    expect(await ids('--status', 'deleted')).toEqual(['second']);
    expect(await ids('--workflow', 'tick')).toEqual([]);
  });

  it('shows one, by the beginning of its id', async () => {
    await create('--jitter', '1m', '--tag', 'daily');
    const { stdout, stderr } = await world.run(['schedules', 'show', 'sched_r']);
    expect(stdout).toBe(
      [
        'Schedule  sched_report',
        'Workflow  sendReport',
        'Status    ● active',
        'Timing    Cron: 0 9 * * 1-5 (Europe/Berlin)',
        'Jitter    1m',
        'Overlap   skip',
        'Catch-up  one',
        expect.stringMatching(/^Next run {2}2026-11-23T08:00:\d\d\.\d{3}Z {2}in 20h$/),
        'Runs      0 in all, 0 successful',
        'Input     {',
        '            "team": "sales"',
        '          }',
        'Tags      daily',
        'Created   2026-11-22T12:00:00.000Z  now',
        '',
      ]
        .map((line) => (typeof line === 'string' ? line : stdout.split('\n')[7]))
        .join('\n'),
    );
    expect(stderr).toContain('pyworkflow schedules explain sched_report');
    const json = await world.json(['schedules', 'show', 'latest']);
    expect(json).toMatchObject({
      spec: { cron: '0 9 * * 1-5', timezone: 'Europe/Berlin', jitter: '1m', interval: null },
      spec_text: 'Cron: 0 9 * * 1-5 (Europe/Berlin)',
      input: { team: 'sales' },
      skipped_runs: 0,
    });
    const plain = await world.run(['schedules', 'show', 'latest', '--output', 'plain']);
    expect(plain.stdout).toMatch(/^sched_report\tsendReport\tactive\t/);
  });

  it('of an unknown or ambiguous id', async () => {
    await create();
    await world.client.schedules.create('tick', { interval: '1m' }, { scheduleId: 'sched_two' });
    for (const [verb, ...more] of [
      ['show'],
      ['pause'],
      ['resume'],
      ['delete', '--force'],
      ['trigger'],
      ['logs'],
      ['explain'],
      ['preview'],
      ['update', '--interval', '1m'],
      ['backfill', '--start', '1d', '--end', '1h'],
    ]) {
      const missing = await world.run(['schedules', verb as string, 'nope', ...more]);
      expect(missing).toEqual({
        stdout: '',
        stderr:
          "✗ There is no schedule 'nope'\n  List the schedules of this store with: pyworkflow schedules list\n",
        exitCode: 4,
      });
    }
    const ambiguous = await world.run(['schedules', 'show', 'sched_', '--json']);
    expect(ambiguous.exitCode).toBe(2);
    expect(JSON.parse(ambiguous.stderr).error).toMatchObject({
      code: 'AMBIGUOUS_ID',
      message: "'sched_' fits more than one schedule: sched_two, sched_report",
    });
  });
});

describe('schedules update', () => {
  it('changes what is mentioned and leaves the rest', async () => {
    await create('--jitter', '1m');
    const { stderr } = await world.run([
      'schedules',
      'update',
      'latest',
      '--cron',
      '0 10 * * *',
      '--no-jitter',
    ]);
    expect(stderr).toBe(
      '✓ Schedule sched_report is changed\n' +
        '  Cron: 0 10 * * * (Europe/Berlin), next run 2026-11-23T09:00:00.000Z (in 21h)\n',
    );
    expect(await world.client.schedules.get('sched_report')).toMatchObject({
      spec: { timezone: 'Europe/Berlin', jitter: null },
      input: { team: 'sales' },
    });
    expect(
      await world.json([
        'schedules',
        'update',
        'latest',
        '--arg',
        'team=hr',
        '--overlap',
        'allow_all',
      ]),
    ).toEqual({
      schedule_id: 'sched_report',
      workflow_name: 'sendReport',
      status: 'active',
      spec: 'Cron: 0 10 * * * (Europe/Berlin)',
      overlap_policy: 'allow_all',
      next_run_time: '2026-11-23T09:00:00.000Z',
    });
    expect((await world.client.schedules.get('sched_report')).input).toEqual({ team: 'hr' });
    const plain = await world.run([
      'schedules',
      'update',
      'latest',
      '--interval',
      '1h',
      '--output',
      'plain',
    ]);
    expect(plain.stdout).toBe('sched_report\tactive\t2026-11-22T13:00:00.000Z\n');
  });

  it('wants something to change', async () => {
    await create();
    const { stderr, exitCode } = await world.run(['schedules', 'update', 'latest']);
    expect(stderr).toContain('✗ There is nothing to change\n  Give at least one of --cron');
    expect(exitCode).toBe(2);
  });
});

describe('schedules pause, resume and delete', () => {
  it('stops and goes on', async () => {
    await create();
    const paused = await world.run(['schedules', 'pause', 'latest', '--reason', 'holidays']);
    expect(paused.stderr).toBe(
      [
        '✓ Schedule sched_report is paused; runs under way go on',
        '  Cron: 0 9 * * 1-5 (Europe/Berlin), no next run',
        'Let it fire again: pyworkflow schedules resume sched_report',
        '',
      ].join('\n'),
    );
    world.now = NOW + 3_600_000;
    const resumed = await world.run(['schedules', 'resume', 'latest']);
    expect(resumed.stderr).toContain(
      'pyworkflow schedules backfill sched_report --start 2026-11-22T12:00:00.000Z --end 2026-11-22T13:00:00.000Z\n',
    );
    const again = await world.json(['schedules', 'pause', 'latest']);
    expect(again).toMatchObject({ schedule_id: 'sched_report', status: 'paused' });
    const plain = await world.run(['schedules', 'resume', 'latest', '--output', 'plain']);
    expect(plain.stdout).toBe('sched_report\tactive\t2026-11-23T08:00:00.000Z\n');
  });

  it('deletes only with --force where nobody can be asked', async () => {
    await create();
    const refused = await world.run(['schedules', 'delete', 'latest']);
    expect(refused).toEqual({
      stdout: '',
      stderr:
        "✗ Nobody is there to answer: Delete schedule 'sched_report' for workflow 'sendReport'?\n  Give --force\n",
      exitCode: 2,
    });
    expect(await world.json(['schedules', 'delete', 'latest', '--force'])).toEqual({
      schedule_id: 'sched_report',
      deleted: true,
      workflow_name: 'sendReport',
    });
    const again = await world.run(['schedules', 'delete', 'sched_report', '--force']);
    expect(again.stderr).toContain("Schedule 'sched_report' has been deleted");
    expect(again.exitCode).toBe(4);
  });
});
