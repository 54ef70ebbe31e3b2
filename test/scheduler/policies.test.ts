import { describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/client.ts';
import type { OverlapPolicy } from '../../src/core/schedule.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import type { Scheduler } from '../../src/scheduler/scheduler.ts';
import { step } from '../../src/workflow/define-step.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { BACKENDS } from '../engine/executor/world.ts';
import { HOUR, logOf, START, untilRuns, useScheduleWorld } from './schedule-world.ts';

const ID = 'sched_hourly';

describe.each(BACKENDS)('overlap on %s (inventory 11.12)', (backend) => {
  const scene = useScheduleWorld(backend);

  /** Hourly runs of two and a half hours. */
  async function open(overlapPolicy: OverlapPolicy, endsBadly = false) {
    // A run's own time stands where it was created until something happens in it.
    const begin = step({ name: 'begin' }, async () => {});
    workflow({ name: 'long' }, async () => {
      await begin();
      await sleep('2h30m');
      if (endsBadly) throw new Error('bad end');
    });
    const client = await scene.worker();
    const spec = { cron: '0 * * * *', startAt: new Date(START + HOUR) };
    await client.schedules.create('long', spec, { overlapPolicy, scheduleId: ID });
    return { client, scheduler: await scene.scheduler() };
  }

  /** Moves on to an hour, fires what is due, and waits until the runs are as expected. */
  async function at(
    hour: number,
    { client, scheduler }: { client: Client; scheduler: Scheduler },
    expected: readonly string[],
  ) {
    scene.clock.set(START + hour * HOUR);
    await scheduler.tick(scene.clock.now());
    await untilRuns(client, ID, expected);
  }

  /** Only time passes. */
  async function elapse(hour: number, { client }: { client: Client }, expected: readonly string[]) {
    scene.clock.set(START + hour * HOUR);
    await untilRuns(client, ID, expected);
  }

  const statistics = async (client: Client) => (await client.schedules.get(ID)).statistics;

  test('skip: an occurrence gives way to an active run, and the log says so', async () => {
    const parts = await open('skip');
    const { client } = parts;
    await at(1, parts, ['1 suspended']);
    const first = (await client.schedules.get(ID)).lastRunId;
    await at(2, parts, ['1 suspended']);
    await at(3, parts, ['1 suspended']);
    expect((await client.schedules.get(ID)).lastRunId).toBe(first);
    await at(3.5, parts, ['1 completed']);
    await at(4, parts, ['1 completed', '4 suspended']);
    expect(await logOf(client, ID)).toEqual([
      'created',
      'triggered 1',
      'skipped 2',
      'skipped 3',
      'triggered 4',
    ]);
    const skipped = (await client.schedules.events(ID))[2];
    expect(skipped?.data).toMatchObject({
      reason: "an earlier run of this schedule is still active, and the overlap policy is 'skip'",
      overlap_policy: 'skip',
      scheduled_time: '2026-01-01T02:00:00.000Z',
    });
    expect(await statistics(client)).toEqual({
      total: 2,
      successful: 1,
      failed: 0,
      cancelled: 0,
      skipped: 2,
    });
    const { lastRunId, lastRunAt } = await client.schedules.get(ID);
    expect(lastRunAt).toBe(START + 4 * HOUR);
    expect((await client.runs.get(lastRunId ?? '')).scheduledAt).toBe(START + 4 * HOUR);
  });

  test('buffer_one: one waits, the others give way', async () => {
    const parts = await open('buffer_one');
    const { client } = parts;
    await at(1, parts, ['1 suspended']);
    await at(2, parts, ['1 suspended', '2 pending']);
    await at(3, parts, ['1 suspended', '2 pending']);
    await at(3.5, parts, ['1 completed', '2 suspended']);
    await at(4, parts, ['1 completed', '2 suspended', '4 pending']);
    await at(5, parts, ['1 completed', '2 suspended', '4 pending']);
    await elapse(6, parts, ['1 completed', '2 completed', '4 suspended']);
    await at(6, parts, ['1 completed', '2 completed', '4 suspended', '6 pending']);
    expect(await logOf(client, ID)).toEqual([
      'created',
      'triggered 1',
      'triggered 2',
      'skipped 3',
      'triggered 4',
      'skipped 5',
      'triggered 6',
    ]);
    expect(await statistics(client)).toMatchObject({ total: 4, successful: 2, skipped: 2 });
  });

  test('buffer_all: all wait, and run one after another', async () => {
    const parts = await open('buffer_all');
    await at(1, parts, ['1 suspended']);
    await at(2, parts, ['1 suspended', '2 pending']);
    await at(3, parts, ['1 suspended', '2 pending', '3 pending']);
    await parts.client.schedules.pause(ID);
    await at(3.5, parts, ['1 completed', '2 suspended', '3 pending']);
    await at(6, parts, ['1 completed', '2 completed', '3 suspended']);
    await at(8.5, parts, ['1 completed', '2 completed', '3 completed']);
    expect(await statistics(parts.client)).toMatchObject({ total: 3, successful: 3, skipped: 0 });
  });

  test('cancel_other: the new run takes the place of the active one', async () => {
    const parts = await open('cancel_other');
    await at(1, parts, ['1 suspended']);
    await at(2, parts, ['1 cancelled', '2 suspended']);
    await at(3, parts, ['1 cancelled', '2 cancelled', '3 suspended']);
    await parts.client.schedules.pause(ID);
    await at(5.5, parts, ['1 cancelled', '2 cancelled', '3 completed']);
    const counts = { total: 3, successful: 1, failed: 0, cancelled: 2, skipped: 0 };
    expect(await statistics(parts.client)).toEqual(counts);
  });

  test('allow_all: runs stand beside each other', async () => {
    const parts = await open('allow_all', true);
    await at(1, parts, ['1 suspended']);
    await at(2, parts, ['1 suspended', '2 suspended']);
    await at(3, parts, ['1 suspended', '2 suspended', '3 suspended']);
    await parts.client.schedules.pause(ID);
    await at(3.5, parts, ['1 failed', '2 suspended', '3 suspended']);
    await at(5.5, parts, ['1 failed', '2 failed', '3 failed']);
    expect(await statistics(parts.client)).toMatchObject({ total: 3, successful: 0, failed: 3 });
  });

  test('a run that a person has cancelled makes room', async () => {
    const parts = await open('skip');
    await at(1, parts, ['1 suspended']);
    const { lastRunId } = await parts.client.schedules.get(ID);
    await parts.client.runs.cancel(lastRunId ?? '');
    await untilRuns(parts.client, ID, ['1 cancelled']);
    await at(2, parts, ['1 cancelled', '2 suspended']);
  });

  test("the workflow's own limits hold for scheduled runs, and the log names them", async () => {
    workflow({ name: 'single', singleton: true }, () => sleep('90m'));
    const client = await scene.worker();
    const options = { overlapPolicy: 'allow_all', scheduleId: ID } as const;
    await client.schedules.create('single', { cron: '0 * * * *' }, options);
    const parts = { client, scheduler: await scene.scheduler() };
    await at(0, parts, ['0 suspended']);
    await at(1, parts, ['0 suspended']);
    const [refused] = (await client.schedules.events(ID)).slice(-1);
    expect(refused?.data).toMatchObject({ reason: expect.stringContaining('singleton') });
  });
});
