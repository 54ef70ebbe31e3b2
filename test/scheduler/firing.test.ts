import { describe, expect, test } from 'vitest';
import { fireTimeOf } from '../../src/core/calendar/next-occurrence.ts';
import { StoreUnavailableError } from '../../src/core/errors.ts';
import { createScheduler } from '../../src/scheduler/scheduler.ts';
import { getContext } from '../../src/workflow/context.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';
import { BACKENDS, until } from '../engine/executor/world.ts';
import {
  executorOn,
  HOUR,
  logOf,
  MINUTE,
  runsOf,
  START,
  untilRuns,
  useScheduleWorld,
} from './schedule-world.ts';

const ID = 'sched_x';
const HOURLY = { cron: '0 * * * *', startAt: new Date(START + HOUR) };
const ALL = { overlapPolicy: 'allow_all', catchUp: 'all', scheduleId: ID } as const;

describe.each(BACKENDS)('firing on %s', (backend) => {
  const scene = useScheduleWorld(backend);
  const tickAt = async (hour: number, scheduler: { tick(now: number): Promise<number> }) => {
    scene.clock.set(START + hour * HOUR);
    return scheduler.tick(scene.clock.now());
  };

  test('several schedulers fire each occurrence once (inventory 11.12)', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    await client.schedules.create('wf', HOURLY, ALL);
    const schedulers = [];
    for (let n = 0; n < 4; n++) schedulers.push(await scene.scheduler());
    scene.clock.set(START + 30 * HOUR);
    const now = scene.clock.now();
    const counts = await Promise.all(schedulers.map((scheduler) => scheduler.tick(now)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(30);
    expect(await runsOf(client, ID)).toEqual(
      Array.from({ length: 30 }, (_, n) => `${n + 1} pending`),
    );
    const log = await logOf(client, ID);
    expect(log).toEqual(['created', ...Array.from({ length: 30 }, (_, n) => `triggered ${n + 1}`)]);
    expect((await client.schedules.get(ID)).statistics.total).toBe(30);
  });

  test('a scheduler that dies in the middle leaves nothing half done', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    await client.schedules.create('wf', { interval: '1m' }, { ...ALL, catchUp: 'all' });
    let commits = 0;
    const dying = await scene.scheduler((store) => ({
      ...store,
      description: store.description,
      commit: async (batch) => {
        if (commits++ > 0) throw new StoreUnavailableError('it has died');
        return store.commit(batch);
      },
    }));
    scene.clock.set(START + 250 * MINUTE);
    await expect(dying.tick(scene.clock.now())).rejects.toThrow('it has died');
    expect(await runsOf(client, ID)).toHaveLength(100);
    await (await scene.scheduler()).tick(scene.clock.now());
    // The instant of its creation, and 250 minutes.
    expect(await runsOf(client, ID)).toHaveLength(251);
    expect(await logOf(client, ID)).toHaveLength(252);
  });

  test('the workflow learns its own occurrence, however late it runs', async () => {
    workflow({ name: 'wf' }, async () => {
      const context = getContext();
      return context.kind === 'workflow' ? context.scheduledTime?.toISOString() : null;
    });
    const client = await scene.worker();
    await client.schedules.create('wf', HOURLY, ALL);
    await tickAt(2.5, await scene.scheduler());
    await untilRuns(client, ID, ['1 completed', '2 completed']);
    const { items } = await client.runs.list({ scheduleId: ID });
    const results = await Promise.all(
      items.map(async (run) => (await client.runs.get(run.runId)).result),
    );
    expect(results.sort()).toEqual(['2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z']);
  });

  test('what was missed is made up for by the policy, and the rest is in the log with its reason', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    const scheduler = await scene.scheduler();
    const policies = ['one', 'all', 'none'] as const;
    for (const catchUp of policies) {
      const options = { ...ALL, catchUp, scheduleId: catchUp };
      await client.schedules.create('wf', HOURLY, options);
    }
    await tickAt(5.5, scheduler);
    const runs = await Promise.all(policies.map((id) => runsOf(client, id)));
    expect(runs.map((list) => list.length)).toEqual([1, 5, 0]);
    expect(await logOf(client, 'one')).toEqual(['created', 'skipped 1-4 (4)', 'triggered 5']);
    expect(await logOf(client, 'none')).toEqual(['created', 'skipped 1-5 (5)']);
    const [, skipped] = await client.schedules.events('none');
    expect(skipped?.data).toMatchObject({ reason: expect.stringContaining("policy 'none'") });
    expect((await client.schedules.get('none')).statistics).toMatchObject({ total: 0, skipped: 5 });
    expect((await client.schedules.get('one')).statistics).toMatchObject({ total: 1, skipped: 4 });
  });

  test('a missed series with policy skip starts one run', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    await client.schedules.create('wf', HOURLY, { ...ALL, overlapPolicy: 'skip' });
    await tickAt(4, await scene.scheduler());
    expect(await runsOf(client, ID)).toEqual(['1 pending']);
    const log = await logOf(client, ID);
    expect(log).toEqual(['created', 'triggered 1', 'skipped 2', 'skipped 3', 'skipped 4']);
    expect((await client.schedules.get(ID)).statistics).toMatchObject({ total: 1, skipped: 3 });
    const { lastRunId } = await client.schedules.get(ID);
    expect((await client.runs.get(lastRunId ?? '')).scheduledAt).toBe(START + HOUR);
  });

  test('a scheduler fires also what it has no code for', async () => {
    const wf = workflow({ name: 'elsewhere' }, async (input: { n: number }) => input);
    const client = await scene.client();
    await client.schedules.create(wf, HOURLY, { ...ALL, input: { n: 1 }, tags: ['a'] });
    clearRegistry();
    expect(await tickAt(1, await scene.scheduler())).toBe(1);
    const [run] = (await client.runs.list({ scheduleId: ID })).items;
    expect(run).toMatchObject({ workflowName: 'elsewhere', status: 'pending', tags: ['a'] });
    expect((await client.runs.get(run?.runId ?? '')).input).toEqual({ n: 1 });
  });

  test('jitter delays the run, not its own time', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    const spec = { ...HOURLY, jitter: '30m' };
    const { nextRunAt } = await client.schedules.create('wf', spec, ALL);
    const firesAt = fireTimeOf(spec, ID, START + HOUR, START);
    expect(nextRunAt).toBe(firesAt);
    expect(firesAt).toBeGreaterThan(START + HOUR);
    const scheduler = await scene.scheduler();
    expect(await scheduler.tick(firesAt - 1)).toBe(0);
    expect(await scheduler.tick(firesAt)).toBe(1);
    expect(await runsOf(client, ID)).toEqual(['1 pending']);
    expect((await client.schedules.preview(ID, 1))[0]).toMatchObject({
      scheduledAt: START + 2 * HOUR,
    });
  });

  test('once is once: nothing comes after it, and the schedule stays', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    await client.schedules.create('wf', { at: new Date(START + HOUR) }, ALL);
    const scheduler = await scene.scheduler();
    expect(await tickAt(1, scheduler)).toBe(1);
    expect(await tickAt(9, scheduler)).toBe(0);
    expect(await client.schedules.get(ID)).toMatchObject({ status: 'active', nextRunAt: null });
  });

  test('nine o’clock in New York stays nine o’clock, in winter and in summer (inventory 11.12)', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    const scheduler = await scene.scheduler();
    scene.clock.set(Date.parse('2026-03-07T15:00:00Z'));
    const spec = { cron: '0 9 * * *', timezone: 'America/New_York' };
    await client.schedules.create('wf', spec, ALL);
    const fired: string[] = [];
    for (let day = 0; day < 3; day++) {
      const { nextRunAt } = await client.schedules.get(ID);
      scene.clock.set(nextRunAt ?? Number.NaN);
      fired.push(new Date(scene.clock.now()).toISOString());
      expect(await scheduler.tick(scene.clock.now())).toBe(1);
    }
    expect(fired).toEqual([
      '2026-03-08T13:00:00.000Z',
      '2026-03-09T13:00:00.000Z',
      '2026-03-10T13:00:00.000Z',
    ]);
  });

  test('one schedule that cannot be fired does not hold up the others', async () => {
    const key = ({ id }: { id: string }) => id.trim();
    const wf = workflow({ name: 'wf', singleton: { key } }, async (_: { id: string }) => 1);
    const client = await scene.client();
    await client.schedules.create('wf', HOURLY, { scheduleId: 'bad', input: { id: 1 } });
    await client.schedules.create(wf, HOURLY, { scheduleId: 'good', input: { id: 'x' } });
    const scheduler = await scene.scheduler();
    expect(await tickAt(1, scheduler)).toBe(1);
    expect(await runsOf(client, 'good')).toEqual(['1 pending']);
    expect(await runsOf(client, 'bad')).toEqual([]);
    // It stays due, for the code may be put right.
    expect(await tickAt(1.1, scheduler)).toBe(0);
    await client.schedules.update('bad', { input: { id: 'y' } });
    expect(await tickAt(1.2, scheduler)).toBe(1);
  });

  test('a running scheduler sleeps until something is due, and wakes for what is new', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    const store = await scene.world.openStore();
    const looks: number[] = [];
    const watched = {
      ...store,
      description: store.description,
      dueSchedules: (now: number, limit: number) => {
        looks.push(now);
        return store.dueSchedules(now, limit);
      },
    };
    const pollIntervalMs = 1000 * HOUR;
    const scheduler = createScheduler(executorOn(watched, scene.clock), { pollIntervalMs });
    const running = scheduler.run();
    await until(() => looks.length > 0);
    // From another process.
    await client.schedules.create('wf', HOURLY, ALL);
    await until(() => looks.length > 1);
    scene.clock.set(START + HOUR);
    await until(async () => (await runsOf(client, ID)).length === 1, 10_000);
    await scheduler.stop();
    await running;
    scene.clock.set(START + 2 * HOUR);
    expect(await runsOf(client, ID)).toEqual(['1 pending']);
  });

  test('a store that fails for a while is outwaited', async () => {
    workflow({ name: 'wf' }, async () => 1);
    const client = await scene.client();
    await client.schedules.create('wf', HOURLY, ALL);
    const store = await scene.world.openStore();
    let looks = 0;
    const flaky = {
      ...store,
      description: store.description,
      dueSchedules: async (now: number, limit: number) => {
        if (looks++ < 2) throw new StoreUnavailableError('not now');
        return store.dueSchedules(now, limit);
      },
    };
    const options = { pollIntervalMs: MINUTE };
    const scheduler = createScheduler(executorOn(flaky, scene.clock), options);
    const running = scheduler.run();
    await until(() => looks === 1);
    for (let minute = 1; looks < 3; minute++) {
      scene.clock.set(START + HOUR + minute * MINUTE);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(async () => (await runsOf(client, ID)).length === 1, 10_000);
    await scheduler.stop();
    await running;
  });
});
