import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/primitives/sleep.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf } from '../engine/executor/world.ts';
import { HOUR, logOf, runsOf, START, untilRuns, useScheduleWorld } from './schedule-world.ts';

const ID = 'sched_b';
const HOURLY = { cron: '0 * * * *' };
const range = (from: number, to: number) => ({
  start: new Date(START + from * HOUR),
  end: new Date(START + to * HOUR),
});

describe.each(BACKENDS)('backfill on %s', (backend) => {
  const scene = useScheduleWorld(backend);

  /** It is noon; the schedule has just been created. */
  async function open(spec: object = HOURLY) {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    scene.clock.set(START + 12.5 * HOUR);
    await client.schedules.create('wf', spec, { scheduleId: ID, overlapPolicy: 'allow_all' });
    return client;
  }

  test('gives every occurrence a run of its own time; the start is included, the end is not (inventory 11.13)', async () => {
    const client = await open();
    const before = await client.schedules.get(ID);
    const result = await client.schedules.backfill(ID, range(1, 4));
    expect(result).toMatchObject({
      scheduleId: ID,
      dryRun: false,
      runsCreated: 3,
      alreadyThere: 0,
      skipped: 0,
      occurrences: [START + HOUR, START + 2 * HOUR, START + 3 * HOUR],
    });
    expect(await runsOf(client, ID)).toEqual(['1 pending', '2 pending', '3 pending']);
    const runs = await Promise.all(result.runIds.map((runId) => client.runs.get(runId)));
    expect(runs.map((run) => run.scheduledAt)).toEqual(result.occurrences);
    const [started] = await client.runs.events(result.runIds[0] ?? '');
    expect(started?.data).toMatchObject({ scheduled_time: '2026-01-01T01:00:00.000Z' });
    const after = await client.schedules.get(ID);
    expect(after.statistics).toMatchObject({ total: 3 });
    expect(after.nextRunAt).toBe(before.nextRunAt);
    expect(await logOf(client, ID)).toEqual([
      'created',
      'backfill_started',
      'triggered 1',
      'triggered 2',
      'triggered 3',
      'backfill_completed',
    ]);
    const events = await client.schedules.events(ID);
    expect(events[1]?.data).toMatchObject({
      start_time: '2026-01-01T01:00:00.000Z',
      end_time: '2026-01-01T04:00:00.000Z',
      expected_runs: 3,
    });
    expect(events.at(-1)?.data).toMatchObject({ runs_created: 3, run_ids: result.runIds });
  });

  test('done again it starts nothing again, whoever started it before', async () => {
    const client = await open();
    await client.schedules.backfill(ID, range(1, 4));
    expect(await client.schedules.backfill(ID, range(2, 6))).toMatchObject({
      runsCreated: 2,
      alreadyThere: 2,
    });
    // The schedule itself has run this one.
    scene.clock.set(START + 13 * HOUR);
    await (await scene.scheduler()).tick(scene.clock.now());
    expect(await client.schedules.backfill(ID, range(13, 14))).toMatchObject({
      runsCreated: 0,
      alreadyThere: 1,
      runIds: [],
    });
    expect((await client.schedules.get(ID)).statistics.total).toBe(6);
  });

  test('at the same time as another one, and as a scheduler, each occurrence starts once', async () => {
    const client = await open();
    const other = await scene.client();
    scene.clock.set(START + 16 * HOUR);
    const [first, second] = await Promise.all([
      client.schedules.backfill(ID, range(0, 17)),
      other.schedules.backfill(ID, range(0, 17)),
      (await scene.scheduler()).tick(scene.clock.now()),
    ]);
    expect(first.runsCreated + first.alreadyThere).toBe(17);
    expect(second.runsCreated + second.alreadyThere).toBe(17);
    expect(await runsOf(client, ID)).toEqual(Array.from({ length: 17 }, (_, n) => `${n} pending`));
    expect((await client.schedules.get(ID)).statistics.total).toBe(17);
  });

  test('what is still to come is left to the schedule, which does not start again what was filled', async () => {
    const client = await open();
    scene.clock.set(START + 13 * HOUR);
    expect(await client.schedules.backfill(ID, range(12, 20))).toMatchObject({ runsCreated: 2 });
    await (await scene.scheduler()).tick(scene.clock.now());
    expect(await runsOf(client, ID)).toEqual(['12 pending', '13 pending']);
    expect((await client.schedules.get(ID)).nextRunAt).toBe(START + 14 * HOUR);
  });

  test('a dry run only says what it would do', async () => {
    const client = await open();
    await client.schedules.backfill(ID, range(1, 2));
    const dry = await client.schedules.backfill(ID, { ...range(0, 4), dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, runsCreated: 0, alreadyThere: 1, runIds: [] });
    expect(dry.occurrences).toHaveLength(4);
    expect(await runsOf(client, ID)).toHaveLength(1);
    expect(await logOf(client, ID)).toHaveLength(4);
  });

  test('more than the limit is refused before the first starts', async () => {
    const client = await open({ cron: '* * * * *' });
    const error = await errorOf(client.schedules.backfill(ID, { ...range(0, 4), limit: 100 }));
    expect(error).toMatchObject({ code: 'VALIDATION' });
    expect(error.message).toContain('holds more than 100 occurrences');
    for (const wrong of [
      { ...range(2, 1) },
      { ...range(1, 1) },
      { ...range(0, 1), limit: 10_001 },
      { ...range(0, 1), overlap: 'x' as never },
      { start: new Date('x'), end: new Date() },
    ]) {
      expect(await errorOf(client.schedules.backfill(ID, wrong))).toMatchObject({
        code: 'VALIDATION',
      });
    }
    expect(await runsOf(client, ID)).toEqual([]);
    // Several commits, one backfill.
    expect(await client.schedules.backfill(ID, range(0, 4))).toMatchObject({ runsCreated: 240 });
    expect((await logOf(client, ID)).filter((entry) => entry.startsWith('backfill'))).toEqual([
      'backfill_started',
      'backfill_completed',
    ]);
  });

  test('an interval reaches back behind the creation of its schedule', async () => {
    const client = await open({ interval: '1h' });
    await client.schedules.backfill(ID, range(9, 12));
    expect(await runsOf(client, ID)).toEqual(['9.5 pending', '10.5 pending', '11.5 pending']);
  });

  test('one at a time, if that is wanted', async () => {
    workflow({ name: 'slow' }, () => sleep(1));
    const client = await scene.client();
    scene.clock.set(START + 12 * HOUR);
    await client.schedules.create('slow', HOURLY, { scheduleId: ID, paused: true });
    const result = await client.schedules.backfill(ID, { ...range(1, 4), overlap: 'buffer_all' });
    expect(result.runsCreated).toBe(3);
    await client.startWorker({ schedules: false });
    await untilRuns(client, ID, ['1 suspended', '2 pending', '3 pending']);
    const skipping = await client.schedules.backfill(ID, { ...range(4, 6), overlap: 'skip' });
    expect(skipping).toMatchObject({ runsCreated: 0, skipped: 2 });
    expect((await logOf(client, ID)).slice(-3)).toEqual([
      'skipped 4',
      'skipped 5',
      'backfill_completed',
    ]);
  });
});
