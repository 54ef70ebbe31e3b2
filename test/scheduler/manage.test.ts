import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';
import { Workflow } from '../../src/workflow/workflow-class.ts';
import { BACKENDS, errorOf } from '../engine/executor/world.ts';
import { HOUR, logOf, MINUTE, runsOf, START, useScheduleWorld } from './schedule-world.ts';

const HOURLY = { cron: '0 * * * *', startAt: new Date(START + HOUR) };
const ID = 'nightly';

describe.each(BACKENDS)('schedules on %s', (backend) => {
  const scene = useScheduleWorld(backend);
  const at = (hour: number) => scene.clock.set(START + hour * HOUR);

  async function open() {
    workflow({ name: 'wf' }, async () => 1);
    return scene.client();
  }

  test('are created with what they say, and say when they fire', async () => {
    const client = await open();
    const schedule = await client.schedules.create('wf', { interval: '90m' });
    expect(schedule).toMatchObject({
      scheduleId: expect.stringMatching(/^sched_[0-9a-f]{12}$/),
      workflowName: 'wf',
      spec: { interval: '1h30m', cron: null, timezone: 'UTC' },
      status: 'active',
      overlapPolicy: 'skip',
      catchUpPolicy: 'one',
      catchUpWindow: null,
      definition: null,
      // The first instant of an interval is that of its creation.
      nextRunAt: START,
      lastRunAt: null,
      version: 1,
    });
    expect(await client.schedules.get(schedule.scheduleId)).toEqual(schedule);
    const [created] = await client.schedules.events(schedule.scheduleId);
    expect(created).toMatchObject({
      type: 'schedule.created',
      sequence: 1,
      data: { workflow_name: 'wf', overlap_policy: 'skip', created_at: '2026-01-01T00:00:00.000Z' },
    });
  });

  test('check timing, policies, ids and workflow at their creation', async () => {
    const { schedules } = await open();
    const refuse = async (...args: Parameters<typeof schedules.create>) =>
      (await errorOf(schedules.create(...args))) as Error & { code: string };
    expect((await refuse('wg', HOURLY)).code).toBe('UNKNOWN_WORKFLOW');
    expect((await refuse('wf', {})).message).toContain('needs exactly one of');
    expect((await refuse('wf', { cron: '* * *' })).message).toContain('has 3 fields');
    expect((await refuse('wf', { at: new Date(START - 1) })).message).toContain('has passed');
    const overlapPolicy = 'sometimes' as never;
    expect((await refuse('wf', HOURLY, { overlapPolicy })).message).toContain(
      'must be one of skip',
    );
    expect((await refuse('wf', HOURLY, { scheduleId: '../x' })).message).toContain('scheduleId');
    expect((await refuse('wf', HOURLY, { tags: [1] as never })).message).toContain('tags[0]');
    expect((await schedules.list()).items).toEqual([]);
  });

  test('check their input against the workflow, and keep what its schema makes of it', async () => {
    const input = z.object({ id: z.string(), n: z.number().default(7) });
    const wf = workflow({ name: 'typed', input }, async (given) => given);
    const { schedules } = await scene.client();
    const wrong = await errorOf(schedules.create('typed', HOURLY, { input: { id: 1 } }));
    expect(wrong).toMatchObject({ code: 'VALIDATION', issues: [{ path: 'id' }] });
    const { scheduleId, ...made } = await schedules.create(wf, HOURLY, { input: { id: 'x' } });
    expect(made.input).toEqual({ id: 'x', n: 7 });
    const update = await errorOf(schedules.update(scheduleId, { input: {} }));
    expect(update).toMatchObject({ code: 'VALIDATION' });
    expect((await schedules.update(scheduleId, { input: { id: 'y' } })).input).toMatchObject({
      id: 'y',
    });
    // Where the code is not, the input cannot be checked, nor must it be.
    clearRegistry();
    expect((await schedules.update(scheduleId, { input: { id: 'z' } })).input).toEqual({ id: 'z' });
  });

  test('take a class as well', async () => {
    class Report extends Workflow {
      execute(input: { day: string }) {
        return input;
      }
    }
    const { schedules } = await scene.client();
    const { workflowName } = await schedules.create(Report, HOURLY, { input: { day: 'x' } });
    expect(workflowName).toBe('Report');
  });

  test('are known by one id only, until one is deleted', async () => {
    const { schedules } = await open();
    const first = await schedules.create('wf', HOURLY, { scheduleId: ID });
    const error = await errorOf(schedules.create('wf', HOURLY, { scheduleId: ID }));
    expect(error).toMatchObject({ code: 'SCHEDULE_EXISTS', scheduleId: ID });
    await schedules.delete(ID, { reason: 'old' });
    at(0.5);
    const second = await schedules.create('wf', { cron: '30 * * * *' }, { scheduleId: ID });
    expect(second).toMatchObject({
      status: 'active',
      createdAt: START + HOUR / 2,
      deletedAt: null,
    });
    expect(second.version).toBeGreaterThan(first.version);
  });

  test('an update keeps what it was not told to change', async () => {
    const { schedules } = await open();
    const spec = {
      cron: '0 9 * * *',
      timezone: 'America/New_York',
      startAt: new Date(START + HOUR),
      endAt: new Date(START + 10_000 * HOUR),
      jitter: '5m',
    };
    const before = await schedules.create('wf', spec, {
      scheduleId: ID,
      catchUp: 'all',
      catchUpWindow: '1d',
      tags: ['a'],
      metadata: { a: 1 },
    });
    at(1);
    const after = await schedules.update(ID, { spec: { cron: '0 8 * * *' } });
    const { nextRunAt, decidedThrough, updatedAt, version, ...rest } = before;
    expect(after).toMatchObject({
      ...rest,
      spec: { ...(before.spec as object), cron: '0 8 * * *' },
    });
    expect(after.updatedAt).toBeGreaterThan(updatedAt);
    expect(after.version).toBeGreaterThan(version);
    expect(after.decidedThrough).toBeGreaterThan(decidedThrough);
    expect(after.nextRunAt).toBeLessThan(nextRunAt ?? 0);
    const policy = await schedules.update(ID, { overlapPolicy: 'buffer_all' });
    expect(policy).toMatchObject({ overlapPolicy: 'buffer_all', catchUpPolicy: 'all' });
    // Only a new timing counts anew.
    expect(policy.nextRunAt).toBe(after.nextRunAt);
    expect(policy.decidedThrough).toBe(after.decidedThrough);
    const events = await schedules.events(ID);
    expect(events.slice(1).map((event) => event.data)).toMatchObject([
      { changes: { spec: { cron: '0 8 * * *', timezone: 'America/New_York' } } },
      { changes: { overlap_policy: 'buffer_all' } },
    ]);
  });

  test('an update that changes nothing writes nothing, and a wrong one leaves all as it was', async () => {
    const { schedules } = await open();
    const before = await schedules.create('wf', HOURLY, { scheduleId: ID });
    expect(
      await schedules.update(ID, { overlapPolicy: 'skip', spec: { cron: '0 * * * *' } }),
    ).toEqual(before);
    for (const spec of [
      { cron: '61 * * * *' },
      { at: new Date(START - 1) },
      { endAt: HOURLY.startAt },
    ]) {
      expect(await errorOf(schedules.update(ID, { spec }))).toMatchObject({ code: 'VALIDATION' });
    }
    expect(await schedules.get(ID)).toEqual(before);
  });

  test('a shorter jitter does not lose the occurrence that the old one held back', async () => {
    const client = await open();
    await client.schedules.create('wf', { ...HOURLY, jitter: '59m' }, { scheduleId: ID });
    scene.clock.set(START + HOUR + 1);
    const { nextRunAt } = await client.schedules.update(ID, { spec: { jitter: null } });
    expect(nextRunAt).toBe(START + HOUR);
    await (await scene.scheduler()).tick(scene.clock.now());
    expect(await runsOf(client, ID)).toEqual(['1 pending']);
  });

  test('a paused one fires nothing and makes up for nothing', async () => {
    const client = await open();
    const scheduler = await scene.scheduler();
    await client.schedules.create('wf', HOURLY, { scheduleId: ID, catchUp: 'all' });
    const paused = await client.schedules.pause(ID, { reason: 'holidays' });
    expect(paused).toMatchObject({ status: 'paused', pausedAt: START, nextRunAt: null });
    expect(await client.schedules.pause(ID)).toEqual(paused);
    at(3.5);
    expect(await scheduler.tick(scene.clock.now())).toBe(0);
    const resumed = await client.schedules.resume(ID);
    expect(resumed).toMatchObject({
      status: 'active',
      pausedAt: null,
      nextRunAt: START + 4 * HOUR,
    });
    expect(await client.schedules.resume(ID)).toEqual(resumed);
    at(4);
    expect(await scheduler.tick(scene.clock.now())).toBe(1);
    expect(await runsOf(client, ID)).toEqual(['4 pending']);
    expect(await logOf(client, ID)).toEqual(['created', 'paused', 'resumed', 'triggered 4']);
    const [, pause, resume] = await client.schedules.events(ID);
    expect(pause?.data).toMatchObject({ reason: 'holidays' });
    expect(resume?.data).toMatchObject({ next_run_time: '2026-01-01T04:00:00.000Z' });
  });

  test('one may begin paused, and an update leaves it paused', async () => {
    const client = await open();
    await client.schedules.create('wf', HOURLY, { scheduleId: ID, paused: true });
    const updated = await client.schedules.update(ID, { spec: { cron: '30 * * * *' } });
    expect(updated).toMatchObject({ status: 'paused', nextRunAt: null });
    at(2);
    expect(await (await scene.scheduler()).tick(scene.clock.now())).toBe(0);
    expect((await client.schedules.resume(ID)).nextRunAt).toBe(START + 2.5 * HOUR);
  });

  test('a deleted one is hidden, fires nothing, and cannot be brought back (inventory 11.12)', async () => {
    const client = await open();
    const { schedules } = client;
    await schedules.create('wf', HOURLY, { scheduleId: ID });
    await schedules.create('wf', HOURLY, { scheduleId: 'other' });
    expect(await schedules.delete(ID)).toMatchObject({ status: 'deleted', nextRunAt: null });
    const listed = async (filter?: Parameters<typeof schedules.list>[0]) =>
      (await schedules.list(filter)).items.map((schedule) => schedule.scheduleId);
    expect(await listed()).toEqual(['other']);
    expect(await listed({ includeDeleted: true })).toEqual(['other', ID]);
    expect(await listed({ status: 'deleted' })).toEqual([ID]);
    const refused = [
      schedules.resume(ID),
      schedules.pause(ID),
      schedules.trigger(ID),
      schedules.update(ID, { overlapPolicy: 'skip' }),
      schedules.delete(ID),
      schedules.backfill(ID, { start: new Date(START), end: new Date(START + HOUR) }),
      schedules.preview(ID),
    ];
    for (const attempt of refused) {
      const error = await errorOf(attempt);
      expect(error).toMatchObject({
        code: 'SCHEDULE_NOT_FOUND',
        message: `Schedule '${ID}' has been deleted`,
      });
    }
    at(2);
    await (await scene.scheduler()).tick(scene.clock.now());
    expect(await runsOf(client, ID)).toEqual([]);
    expect(await logOf(client, ID)).toEqual(['created', 'deleted']);
    expect(await errorOf(schedules.get('nobody'))).toMatchObject({ code: 'SCHEDULE_NOT_FOUND' });
  });

  test('lists come in pages, deleted ones left out', async () => {
    const { schedules } = await open();
    for (let n = 0; n < 9; n++) {
      await schedules.create('wf', HOURLY, { scheduleId: `s${n}` });
      if (n % 3 === 1) await schedules.delete(`s${n}`);
    }
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await schedules.list({ limit: 4, cursor });
      pages.push(page.items.map((schedule) => schedule.scheduleId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages.flat()).toEqual(['s8', 's6', 's5', 's3', 's2', 's0']);
    expect(pages[0]).toHaveLength(4);
  });

  test('a trigger starts a run and leaves the timing alone (inventory 11.12)', async () => {
    const client = await open();
    const before = await client.schedules.create('wf', HOURLY, { scheduleId: ID });
    at(0.25);
    const first = await client.schedules.trigger(ID);
    await client.schedules.pause(ID);
    const second = await client.schedules.trigger(ID);
    expect(await runsOf(client, ID)).toEqual(['0.25 pending', '0.25 pending']);
    const refused = await client.schedules.trigger(ID, { overlap: 'skip' });
    expect(refused).toEqual({ scheduleId: ID, runId: null });
    const resumed = await client.schedules.resume(ID);
    expect(resumed).toMatchObject({
      nextRunAt: before.nextRunAt,
      lastRunId: second.runId,
      lastRunAt: START + HOUR / 4,
      statistics: { total: 2, skipped: 1 },
    });
    expect(first.runId).not.toBe(second.runId);
    expect(await logOf(client, ID)).toEqual([
      'created',
      'triggered by hand',
      'paused',
      'triggered by hand',
      'skipped 0.25',
      'resumed',
    ]);
    // And an occurrence gives way to a run started by hand, as to any other.
    at(1);
    await (await scene.scheduler()).tick(scene.clock.now());
    expect((await logOf(client, ID)).at(-1)).toBe('skipped 1');
  });

  test('writers at the same time all have their say', async () => {
    const clients = [await open(), await scene.client()];
    await clients[0]?.schedules.create('wf', HOURLY, { scheduleId: ID });
    const triggers = Array.from({ length: 20 }, (_, n) => clients[n % 2]?.schedules.trigger(ID));
    const runs = await Promise.all(triggers);
    expect(new Set(runs.map((run) => run?.runId)).size).toBe(20);
    expect((await clients[0]?.schedules.get(ID))?.statistics.total).toBe(20);
  });

  test('preview what is to come', async () => {
    const { schedules } = await open();
    const hours = async (schedule: Parameters<typeof schedules.preview>[0], count?: number) =>
      (await schedules.preview(schedule, count)).map((next) => (next.scheduledAt - START) / HOUR);
    expect(await hours({ cron: '0 * * * *' }, 3)).toEqual([0, 1, 2]);
    expect(await hours({ cron: '0 0 * * *' })).toHaveLength(10);
    expect(await hours({ at: new Date(START - 1) })).toEqual([]);
    await schedules.create('wf', { interval: '2h' }, { scheduleId: ID });
    at(1);
    expect(await hours(ID, 2)).toEqual([2, 4]);
    await schedules.pause(ID);
    expect(await hours(ID, 2)).toEqual([2, 4]);
    expect(await errorOf(schedules.preview(ID, 0))).toMatchObject({ code: 'VALIDATION' });
    expect(await errorOf(schedules.preview({ cron: 'x' }))).toMatchObject({ code: 'VALIDATION' });
  });

  test('preview shows what the jitter holds back', async () => {
    const { schedules } = await open();
    await schedules.create('wf', { ...HOURLY, jitter: '59m' }, { scheduleId: ID });
    scene.clock.set(START + HOUR + MINUTE / 60);
    const [first, second] = await schedules.preview(ID, 2);
    expect(first?.scheduledAt).toBe(START + HOUR);
    expect(first?.firesAt).toBe((await schedules.get(ID)).nextRunAt);
    expect(second?.scheduledAt).toBe(START + 2 * HOUR);
  });
});
