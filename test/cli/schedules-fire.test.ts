import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { useCliWorld } from './cli-world.ts';

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

describe('schedules trigger and backfill', () => {
  it('starts a run now', async () => {
    await create();
    const { stdout, stderr } = await world.run(['schedules', 'trigger', 'latest']);
    expect(stdout).toMatch(/^run_[0-9a-f]{16}\n$/);
    expect(stderr).toBe(
      `✓ sendReport is recorded; a worker will run it\nWait for it: pyworkflow runs wait ${stdout}`,
    );
    const json = await world.json(['schedules', 'trigger', 'latest']);
    expect(json).toEqual({
      schedule_id: 'sched_report',
      triggered: true,
      workflow_name: 'sendReport',
      run_id: expect.stringMatching(/^run_/),
    });
  });

  it('starts none beside an active one if told so', async () => {
    await create();
    await world.client.schedules.trigger('sched_report');
    const { stdout, stderr, exitCode } = await world.run([
      'schedules',
      'trigger',
      'latest',
      '--overlap',
      'skip',
      '--output',
      'plain',
    ]);
    expect([stdout, exitCode]).toEqual(['sched_report\t\n', 1]);
    expect(stderr).toContain(
      '! Nothing is started: a run of sched_report is active, and --overlap skip',
    );
  });

  const range = ['--start', '2026-11-18', '--end', '2026-11-21'];

  it('fills up the past, once', async () => {
    await create();
    const dry = await world.run(['schedules', 'backfill', 'latest', ...range, '--dry-run']);
    expect(dry).toEqual({
      stdout: [
        'Wed 2026-11-18 09:00:00 +01:00',
        'Thu 2026-11-19 09:00:00 +01:00',
        'Fri 2026-11-20 09:00:00 +01:00',
        '',
      ].join('\n'),
      stderr: '3 of 3 occurrences would get a run.\n',
      exitCode: 0,
    });
    const done = (await world.json(['schedules', 'backfill', 'latest', ...range])) as object;
    expect(done).toEqual({
      schedule_id: 'sched_report',
      start_time: '2026-11-18T00:00:00.000Z',
      end_time: '2026-11-21T00:00:00.000Z',
      runs_created: 3,
      run_ids: [expect.stringMatching(/^run_/), expect.any(String), expect.any(String)],
      dry_run: false,
      already_there: 0,
      skipped: 0,
      occurrences: [
        '2026-11-18T08:00:00.000Z',
        '2026-11-19T08:00:00.000Z',
        '2026-11-20T08:00:00.000Z',
      ],
    });
    const again = await world.run(['schedules', 'backfill', 'latest', ...range]);
    expect(again.stdout).toBe('');
    expect(again.stderr).toBe('✓ 0 of 3 occurrences got a run, 3 had one already\n');
  });

  it.each([
    [['--start', '2026-11-21', '--end', '2026-11-18'], '--end must be after --start'],
    [['--start', 'monday', '--end', '2026-11-18'], '--start must be like 1h (ago)'],
    [['--start', '2026-11-18'], "required option '--end <time>' not specified"],
    [
      ['--start', '2026-01-01', '--end', '2026-11-18', '--limit', '5'],
      'holds more than 5 occurrences',
    ],
  ])('refuses %j', async (flags, message) => {
    await create();
    const { stdout, stderr, exitCode } = await world.run([
      'schedules',
      'backfill',
      'latest',
      ...flags,
    ]);
    expect(stderr).toContain(message);
    expect([stdout, exitCode]).toEqual(['', 2]);
  });

  it('warns where there is nothing to fill', async () => {
    await create();
    const flags = ['--start', '2026-11-21', '--end', '2026-11-22'];
    expect(await world.run(['schedules', 'backfill', 'latest', ...flags])).toEqual({
      stdout: '',
      stderr: '! sched_report has no occurrence in that range: nothing is started\n',
      exitCode: 0,
    });
  });
});

describe('schedules preview', () => {
  const spring = ['--timezone', 'America/New_York', '--start', '2027-03-13', '--count', '3'];

  it('marks where clocks skip an hour', async () => {
    const { stdout } = await world.run(['schedules', 'preview', '--cron', '30 2 * * *', ...spring]);
    expect(stdout).toBe(
      [
        'SCHEDULED                       UTC                   IN       CLOCKS',
        'Sat 2027-03-13 02:30:00 -05:00  2027-03-13T07:30:00Z  in 111d',
        'Sun 2027-03-14 03:00:00 -04:00  2027-03-14T07:00:00Z  in 112d  ↷ clocks skip 1h here: this is the first instant after the gap',
        'Mon 2027-03-15 02:30:00 -04:00  2027-03-15T06:30:00Z  in 113d',
        '',
      ].join('\n'),
    );
  });

  it('marks a time that comes twice', async () => {
    const flags = ['--timezone', 'America/New_York', '--start', '2027-11-06', '--count', '3'];
    const found = (await world.json([
      'schedules',
      'preview',
      '--cron',
      '30 1 * * *',
      ...flags,
    ])) as {
      dst: string | null;
      note: string | null;
      local_time: string;
    }[];
    expect(found.map(({ local_time, dst, note }) => [local_time, dst, note])).toEqual([
      ['2027-11-06T01:30:00-04:00', 'forward', 'clocks went forward 1h on 2027-03-14'],
      [
        '2027-11-07T01:30:00-04:00',
        null,
        'the clocks show this time twice (back 1h): this is the first',
      ],
      ['2027-11-08T01:30:00-05:00', 'back', 'clocks went back 1h on 2027-11-07'],
    ]);
  });

  it('of a schedule, also a paused one', async () => {
    await create();
    const plain = await world.run([
      'schedules',
      'preview',
      'latest',
      '--count',
      '1',
      '--output',
      'plain',
    ]);
    expect(plain.stdout).toBe(
      '2026-11-23T08:00:00.000Z\t2026-11-23T08:00:00.000Z\tMon 2026-11-23 09:00:00 +01:00\t\n',
    );
    await world.client.schedules.pause('sched_report');
    const { stderr } = await world.run(['schedules', 'preview', 'latest']);
    expect(stderr).toContain('! sched_report is paused: none of these fires until it is resumed\n');
  });

  it.each([
    [['latest', '--cron', '* * * * *'], 'Give the id of a schedule or a timing, not both'],
    [[], 'When shall it run?'],
    [['--cron', 'x'], 'it needs five, or six with seconds first'],
    [['--interval', '1m', '--count', '0'], 'It must be a whole number of at least 1.'],
  ])('refuses %j', async (flags, message) => {
    const { stderr, exitCode } = await world.run(['schedules', 'preview', ...flags]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
