import { beforeEach, describe, expect, it } from 'vitest';
import { createCommitQueue } from '../../src/executor/commit-queue.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createScheduler } from '../../src/scheduler/scheduler.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { useCliWorld } from './cli-world.ts';
import { NOW } from './run-cli.ts';

const HOUR = 3_600_000;
const world = useCliWorld();

beforeEach(async () => {
  workflow({ name: 'tick' }, async () => 1);
  await world.client.schedules.create(
    'tick',
    { cron: '0 * * * *', timezone: 'Europe/Berlin' },
    { scheduleId: 'hourly' },
  );
});

/** A scheduler of another process looks once. */
async function tick(): Promise<void> {
  const { store } = world;
  const settings = { defaultRetries: 3 } as never;
  const clock = { now: () => world.now, after: () => () => {} };
  const log = createLogger({ level: 'silent' });
  const executor = {
    store,
    commits: createCommitQueue(store),
    clock,
    random: () => 0,
    log,
    settings,
  };
  await createScheduler(executor as never).tick(world.now);
}

const explain = (...flags: string[]) => world.run(['schedules', 'explain', 'hourly', ...flags]);

describe('schedules explain', () => {
  it('tells what became of each time, what is in the way and what is next', async () => {
    world.now = NOW + HOUR;
    await tick();
    world.now = NOW + 2 * HOUR;
    await tick();
    world.now = NOW + 2.5 * HOUR;
    await world.client.schedules.pause('hourly', { reason: 'holidays' });
    world.now = NOW + 3.5 * HOUR;
    await world.client.schedules.resume('hourly');
    world.now = NOW + 4.5 * HOUR;
    const [run] = (await world.client.runs.list()).items;
    const { stdout, stderr, exitCode } = await explain();
    expect(stdout).toBe(
      [
        'hourly  tick  Cron: 0 * * * * (Europe/Berlin)',
        '',
        'SCHEDULED                       OUTCOME      RUN, OR WHY NOT',
        `Sun 2026-11-22 14:00:00 +01:00  ▶ started    ${run?.runId}  ○ pending`,
        "Sun 2026-11-22 15:00:00 +01:00  ✗ skipped    an earlier run of this schedule is still active, and the overlap policy is 'skip'",
        'Sun 2026-11-22 16:00:00 +01:00  ⏸ paused     paused since 2026-11-22T14:30:00.000Z: holidays',
        'Sun 2026-11-22 17:00:00 +01:00  ○ undecided  no scheduler has looked since',
        '',
        'In the way now',
        '! It is due since 30m, and no scheduler has looked',
        '    $ pyworkflow worker run',
        '    $ pyworkflow scheduler run',
        `⏸ Run ${run?.runId} is pending, begun 4h ago: while it is active, occurrences are skipped (overlap skip)`,
        `    $ pyworkflow runs explain ${run?.runId}`,
        '! No worker is alive: nothing fires it, and nothing executes its runs',
        '    $ pyworkflow worker run',
        '',
        'Next  Sun 2026-11-22 18:00:00 +01:00, in 30m',
        '',
      ].join('\n'),
    );
    expect([stderr, exitCode]).toEqual(['', 0]);
    const plain = await explain('--output', 'plain', '--count', '1');
    expect(plain.stdout).toBe(
      '2026-11-22T16:00:00.000Z\tundecided\t\t\tno scheduler has looked since\n',
    );
  });

  it('answers the question why it did not run at nine', async () => {
    world.now = NOW + HOUR;
    await tick();
    world.now = NOW + 2 * HOUR;
    await tick();
    const first = async (flag: string) => (await explain('--at', flag)).stdout.split('\n')[2];
    expect(await first('2026-11-22T15:00')).toBe(
      "It did not run at Sun 2026-11-22 15:00:00 +01:00 (skipped): an earlier run of this schedule is still active, and the overlap policy is 'skip'.",
    );
    expect(await first('2026-11-22T14:00')).toMatch(
      /^It did run at .*: as run_[0-9a-f]{16}, which is pending\.$/,
    );
    expect(await first('2026-11-22T13:30Z')).toBe(
      'Its timing has no occurrence at Sun 2026-11-22 14:30:00 +01:00; the last time before is Sun 2026-11-22 14:00:00 +01:00.',
    );
    expect(await first('2026-11-22T09:00')).toContain(
      '(before creation): the schedule was created at',
    );
    expect(await first('2030-01-01')).toContain('is still to come.');
    const bad = await explain('--at', 'nine');
    expect(bad.stderr).toContain('--at must be like 1h (ago), 2026-11-22');
    expect(bad.exitCode).toBe(2);
  });

  it('is one document in json', async () => {
    world.now = NOW + HOUR;
    await tick();
    expect(
      await world.json(['schedules', 'explain', 'hourly', '--at', '2026-11-22T14:00']),
    ).toEqual({
      schedule_id: 'hourly',
      workflow_name: 'tick',
      status: 'active',
      spec: 'Cron: 0 * * * * (Europe/Berlin)',
      overlap_policy: 'skip',
      next_run_time: '2026-11-22T14:00:00.000Z',
      timezone: 'Europe/Berlin',
      asked_time: '2026-11-22T13:00:00.000Z',
      answer: expect.stringContaining('It did run at'),
      occurrences: expect.arrayContaining([
        {
          scheduled_time: '2026-11-22T13:00:00.000Z',
          local_time: '2026-11-22T14:00:00+01:00',
          outcome: 'started',
          reason: null,
          run_id: expect.stringMatching(/^run_/),
          run_status: 'pending',
          actual_time: '2026-11-22T13:00:00.000Z',
        },
      ]),
      in_the_way: [
        {
          kind: 'active_run',
          message: expect.stringContaining('occurrences are skipped'),
          details: [],
          commands: [expect.stringContaining('pyworkflow runs explain run_')],
        },
        {
          kind: 'no_worker',
          message: expect.any(String),
          details: [],
          commands: ['pyworkflow worker run'],
        },
      ],
      next_scheduled_time: '2026-11-22T14:00:00.000Z',
      workers_alive: 0,
    });
  });

  it.each([
    ['paused', 'It is paused since 2026-11-22T12:00:00.000Z (now): tax', 'schedules resume hourly'],
    ['deleted', 'It was deleted: tax: nothing fires any more', ''],
  ])('says that it is %s', async (kind, message, command) => {
    const { schedules } = world.client;
    await (kind === 'paused' ? schedules.pause : schedules.delete)('hourly', { reason: 'tax' });
    const { stdout } = await explain();
    expect(stdout).toContain(message);
    expect(stdout).toContain(command);
    expect(stdout).not.toContain('Next');
  });

  it('says that nothing is left', async () => {
    await world.client.schedules.update('hourly', { spec: { endAt: new Date(NOW + 1.5 * HOUR) } });
    world.now = NOW + HOUR;
    await tick();
    world.now = NOW + 2 * HOUR;
    expect((await explain()).stdout).toContain(
      '! Its timing has no occurrence left: it ended at 2026-11-22T13:30:00.000Z\n',
    );
  });
});

describe('schedules logs', () => {
  it('in three formats', async () => {
    await world.client.schedules.pause('hourly', { reason: 'tax' });
    const logs = (...flags: string[]) => world.run(['schedules', 'logs', 'hourly', ...flags]);
    expect((await logs()).stdout).toBe(
      [
        '#  EVENT             WHEN  DETAIL',
        '1  schedule.created  now   tick, overlap skip',
        '2  schedule.paused   now   tax',
        '',
      ].join('\n'),
    );
    expect((await logs('--filter', 'paused', '--output', 'plain')).stdout).toBe(
      '2\tschedule.paused\t2026-11-22T12:00:00.000Z\t{"reason":"tax","paused_at":"2026-11-22T12:00:00.000Z"}\n',
    );
    expect(await world.json(['schedules', 'logs', 'hourly', '--limit', '1'])).toEqual([
      {
        sequence: 2,
        type: 'schedule.paused',
        timestamp: '2026-11-22T12:00:00.000Z',
        data: { reason: 'tax', paused_at: '2026-11-22T12:00:00.000Z' },
      },
    ]);
    expect(await logs('--filter', 'nothing')).toEqual({
      stdout: '',
      stderr: 'No entry fits the filter.\n',
      exitCode: 0,
    });
  });
});

describe('scheduler run', () => {
  it.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ] as const)('serves until %s', async (signal, code) => {
    const result = await world.run(['scheduler', 'run', '--poll-interval', '50ms'], {
      stopWith: signal,
    });
    expect(result).toEqual({
      stdout: '',
      stderr: [
        '✓ Scheduler looks every 50ms on memory',
        'Workers execute what it starts:  pyworkflow worker run',
        `${signal}: stopping`,
        '✓ Stopped',
        '',
      ].join('\n'),
      exitCode: code,
    });
  });

  it('starts what is due, and ends by itself', async () => {
    world.now = NOW + HOUR;
    const { stderr, exitCode } = await world.run([
      'scheduler',
      'run',
      '--duration',
      '100ms',
      '--json',
    ]);
    expect(stderr).toContain('on memory, for 100ms\n');
    expect(stderr).toContain('The time is over: stopping\n');
    expect(exitCode).toBe(0);
    expect((await world.client.runs.list()).items).toHaveLength(1);
  });

  it.each([
    [['--poll-interval', '0'], '--poll-interval must be longer than nothing'],
    [['--poll-interval', 'x'], '--poll-interval must be a duration'],
    [['--duration', 'x'], '--duration must be a duration'],
  ])('refuses %j', async (flags, message) => {
    const { stderr, exitCode } = await world.run(['scheduler', 'run', ...flags]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
