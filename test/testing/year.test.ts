import { expect, test } from 'vitest';
import {
  continueAsNew,
  HookExpiredError,
  hook,
  sleep,
  startChildWorkflow,
  step,
  workflow,
} from '../../src/index.ts';
import { useEnvironment } from './use-environment.ts';

const environment = useEnvironment();

const DAY_MS = 86_400_000;

// Issue 3, "Shown by" 3.
test('a year of sleeps, retries, hooks, children, continue-as-new and three schedules', async () => {
  const env = await environment({ now: new Date('2030-01-01T00:00:00Z') });
  let attempts = 0;
  const bill = step({ name: 'bill', maxRetries: 5, retryDelay: '6h' }, async (month: number) => {
    attempts++;
    if (attempts % 3 !== 0) throw new Error('the bank is closed');
    return month * 10;
  });
  const remind = workflow({ name: 'remind' }, async (month: number) => {
    await sleep('3d');
    return `reminded of ${month}`;
  });
  const year = workflow(
    { name: 'year' },
    async ({ month, log }: { month: number; log: string[] }): Promise<string[]> => {
      for (let week = 0; week < 4; week++) await sleep('5d');
      const amount = await bill(month);
      const reminded = await startChildWorkflow(remind, month);
      const paid = await hook<string>(month % 2 === 0 ? 'payment' : 'ignored', {
        timeout: '2d',
      }).then(
        (by) => by,
        (error) => (HookExpiredError.is(error, 'HOOK_EXPIRED') ? 'nobody' : 'somebody else'),
      );
      const lines = [...log, `${amount} ${reminded} paid by ${paid}`];
      return month === 12 ? lines : continueAsNew({ month: month + 1, log: lines });
    },
  );
  const ticks: { [name: string]: Date[] } = { daily: [], weekly: [], monthly: [] };
  const tick = (name: string) =>
    workflow({ name }, async () => {
      ticks[name]?.push(new Date());
      await sleep('1h');
    });

  const began = performance.now();
  await env.client.schedules.create(tick('daily'), {
    cron: '0 9 * * *',
    timezone: 'Europe/Berlin',
  });
  await env.client.schedules.create(tick('weekly'), { interval: '7d' });
  await env.client.schedules.create(tick('monthly'), {
    calendar: [{ dayOfMonth: 1, hour: 12, minute: 30 }],
  });
  let month = 0;
  env.answerHook('payment', () => {
    month++;
    return `customer ${month}`;
  });
  const run = await env.start(year, { month: 1, log: [] });
  const log = await run.result();
  await env.advance(Date.UTC(2031, 0, 1) / 1000 - env.now().getTime() / 1000);
  const tookMs = performance.now() - began;

  expect(log).toHaveLength(12);
  expect(log[10]).toBe('110 reminded of 11 paid by nobody');
  expect(log[11]).toBe('120 reminded of 12 paid by customer 6');
  expect(attempts).toBe(36);
  expect(await env.client.runs.chain(run.runId)).toHaveLength(12);
  expect(env.now().toISOString()).toBe('2031-01-01T00:00:00.000Z');
  expect(ticks.daily).toHaveLength(365);
  expect(ticks.weekly).toHaveLength(53);
  expect(ticks.monthly).toHaveLength(12);
  // In Berlin it is nine o'clock in summer as in winter.
  expect(ticks.daily?.[0]?.toISOString()).toBe('2030-01-01T08:00:00.000Z');
  expect(ticks.daily?.[180]?.toISOString()).toBe('2030-06-30T07:00:00.000Z');
  expect(ticks.weekly?.[52]?.getTime()).toBe(Date.UTC(2030, 0, 1) + 52 * 7 * DAY_MS);
  expect(ticks.monthly?.[11]?.toISOString()).toBe('2030-12-01T12:30:00.000Z');
  process.stderr.write(`a year took ${Math.round(tookMs)} ms\n`);
  expect(tookMs).toBeLessThan(5000);
}, 60_000);
