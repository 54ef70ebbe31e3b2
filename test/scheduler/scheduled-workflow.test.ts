import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { scheduledWorkflow } from '../../src/workflow/define-scheduled-workflow.ts';
import { clearRegistry, getWorkflow } from '../../src/workflow/registry.ts';
import { BACKENDS, errorOf, until } from '../engine/executor/world.ts';
import { HOUR, logOf, runsOf, START, untilRuns, useScheduleWorld } from './schedule-world.ts';

const ID = 'auto_report';
const HOURLY = { name: 'report', cron: '0 * * * *', startAt: new Date(START + HOUR) };

describe.each(BACKENDS)('scheduledWorkflow on %s', (backend) => {
  const scene = useScheduleWorld(backend);

  /** As a new version of the program would. */
  function define(options: object = {}) {
    clearRegistry();
    return scheduledWorkflow({ ...HOURLY, ...options }, async () => 'done');
  }

  test('is a workflow that brings its schedule along', async () => {
    const report = define({ tags: ['a'], overlapPolicy: 'allow_all', catchUp: 'all' });
    expect(report.workflowName).toBe('report');
    expect(await report()).toBe('done');
    expect(getWorkflow('report').tags).toEqual(['a']);
    const client = await scene.client();
    const created = { scheduleId: ID, workflowName: 'report' };
    expect(await client.schedules.activate()).toEqual([{ ...created, outcome: 'created' }]);
    expect(await client.schedules.activate()).toEqual([{ ...created, outcome: 'unchanged' }]);
    expect(await client.schedules.get(ID)).toMatchObject({
      workflowName: 'report',
      overlapPolicy: 'allow_all',
      catchUpPolicy: 'all',
      spec: { cron: '0 * * * *' },
      definition: expect.any(String),
    });
    expect(await logOf(client, ID)).toEqual(['created']);
  });

  test('changed code changes the schedule: what is gone from the code is gone', async () => {
    const client = await scene.client();
    define({ jitter: '5m', timezone: 'Europe/Berlin' });
    await client.schedules.activate();
    // By hand, until the code says otherwise.
    await client.schedules.update(ID, { overlapPolicy: 'buffer_all' });
    expect(await client.schedules.activate()).toMatchObject([{ outcome: 'unchanged' }]);
    define({ cron: '30 * * * *' });
    expect(await client.schedules.activate()).toMatchObject([{ outcome: 'updated' }]);
    expect(await client.schedules.get(ID)).toMatchObject({
      overlapPolicy: 'skip',
      spec: { cron: '30 * * * *', jitter: null, timezone: 'UTC' },
      nextRunAt: START + 1.5 * HOUR,
    });
    const event = (await client.schedules.events(ID)).at(-1);
    expect(event?.data).toMatchObject({ changes: { spec: { cron: '30 * * * *' } } });
  });

  test('paused stays paused, deleted stays deleted', async () => {
    const client = await scene.client();
    define();
    await client.schedules.activate();
    await client.schedules.pause(ID);
    define({ cron: '30 * * * *' });
    await client.schedules.activate();
    expect(await client.schedules.get(ID)).toMatchObject({ status: 'paused', nextRunAt: null });
    await client.schedules.delete(ID);
    define({ cron: '45 * * * *' });
    expect(await client.schedules.activate()).toMatchObject([{ outcome: 'deleted' }]);
    expect((await client.schedules.get(ID)).status).toBe('deleted');
  });

  test('many processes that start at once make one schedule', async () => {
    define();
    const clients = await Promise.all([1, 2, 3, 4].map(() => scene.client()));
    const outcomes = await Promise.all(clients.map((client) => client.schedules.activate()));
    const created = outcomes.flat().filter(({ outcome }) => outcome === 'created');
    expect(created).toHaveLength(1);
    expect(await logOf(clients[0]!, ID)).toEqual(['created']);
  });

  test('a one-shot of the past does not keep a worker from starting', async () => {
    clearRegistry();
    scheduledWorkflow({ name: 'report', at: new Date(START - HOUR) }, async () => 1);
    const client = await scene.client();
    expect(await client.schedules.activate()).toMatchObject([{ outcome: 'created' }]);
    expect((await client.schedules.get(ID)).nextRunAt).toBeNull();
    scheduledWorkflow({ name: 'report', at: new Date(START - 2 * HOUR) }, async () => 1);
    expect(await client.schedules.activate()).toMatchObject([{ outcome: 'updated' }]);
  });

  test('a wrong timing, policy or input is refused', async () => {
    clearRegistry();
    expect(() => define({ cron: 'x' })).toThrow('x');
    expect(() => define({ interval: '1h' })).toThrow('has cron and interval');
    expect(() => define({ catchUp: 'x' })).toThrow('catchUp');
    clearRegistry();
    const input = z.object({ id: z.string() });
    scheduledWorkflow(
      { ...HOURLY, input, scheduledInput: { id: 1 as unknown as string } },
      async ({ id }) => id,
    );
    const client = await scene.client();
    const error = await errorOf(client.startWorker());
    expect(error).toMatchObject({ code: 'VALIDATION', issues: [{ path: 'id' }] });
  });

  test('a worker activates, fires and runs them', async () => {
    clearRegistry();
    const input = z.object({ id: z.string(), n: z.number().default(1) });
    scheduledWorkflow(
      { ...HOURLY, input, scheduledInput: { id: 'x' } },
      async (given) => `${given.id}${given.n}`,
    );
    const client = await scene.client();
    const worker = await client.startWorker();
    const { nextRunAt } = await client.schedules.get(ID);
    expect(nextRunAt).toBe(START + HOUR);
    for (let hour = 1; hour < 4; hour++) {
      scene.clock.set(START + hour * HOUR);
      const done = Array.from({ length: hour }, (_, n) => `${n + 1} completed`);
      await untilRuns(client, ID, done);
    }
    const { lastRunId } = await client.schedules.get(ID);
    expect((await client.runs.get(lastRunId ?? '')).result).toBe('x1');
    await worker.stop();
    scene.clock.set(START + 9 * HOUR);
    expect(await runsOf(client, ID)).toHaveLength(3);
  });

  test('startScheduler fires for workers elsewhere, and sees new schedules at once', async () => {
    clearRegistry();
    const worker = await scene.worker();
    const client = await scene.client();
    const handle = await client.startScheduler({ pollIntervalMs: 1000 * HOUR });
    define();
    await worker.startWorker({ schedules: false });
    await client.schedules.create('report', { interval: '1h' }, { scheduleId: ID });
    await untilRuns(client, ID, ['0 completed']);
    await handle.stop();
    await handle.done;
    scene.clock.set(START + HOUR);
    await until(async () => (await client.schedules.get(ID)).nextRunAt === START + HOUR);
    expect(await runsOf(client, ID)).toHaveLength(1);
  });
});
