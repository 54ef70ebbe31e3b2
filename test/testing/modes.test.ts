import { expect, test } from 'vitest';
import {
  hook,
  NonDeterminismError,
  saga,
  sleep,
  startChildWorkflow,
  step,
  workflow,
} from '../../src/index.ts';
import { crashAtEveryCommit, replayHistory } from '../../src/testing.ts';
import { useEnvironment } from './use-environment.ts';

const environment = useEnvironment();

test('alwaysReplay lets deterministic code pass', async () => {
  const env = await environment({ alwaysReplay: true });
  const roll = step({ name: 'roll' }, async (n: number) => n);
  const kid = workflow({ name: 'kid' }, async (n: number) => {
    await sleep('1d');
    return roll(n);
  });
  const wf = workflow({ name: 'sound' }, async () => {
    const both = await Promise.all([roll(1), startChildWorkflow(kid, 2), roll(Math.random() * 5)]);
    const answer = await Promise.race([hook('go', { timeout: '3d' }), sleep('1d')]);
    return { both, answer, at: new Date(), id: crypto.randomUUID() };
  });
  env.answerHook('go', 'yes', { after: '1h' });
  const result = await (await env.start(wf)).result();
  expect(result).toMatchObject({ answer: 'yes' });
});

test('alwaysReplay finds code that remembers what it should not', async () => {
  const env = await environment({ alwaysReplay: true });
  const roll = step({ name: 'roll' }, async (n: number) => n);
  let begun = 0;
  const forgetful = workflow({ name: 'forgetful' }, async () => {
    const mine = ++begun;
    await roll(1);
    return mine > 1 ? sleep('1d') : roll(2);
  });
  const run = await env.start(forgetful);
  await expect(run.result()).rejects.toThrow(
    /recorded was step 'roll' \(step_roll_2\), the code asks for sleep/,
  );
});

test('alwaysReplay compares results', async () => {
  const env = await environment({ alwaysReplay: true });
  let begun = 0;
  const run = await env.start(workflow({ name: 'counting' }, async () => ++begun));
  await expect(run.result()).rejects.toThrow(NonDeterminismError);
});

test('a replay of a history with other code says what is different', async () => {
  const env = await environment();
  const a = step({ name: 'a' }, async () => 1);
  const b = step({ name: 'b' }, async () => 2);
  const wf = workflow({ name: 'changing' }, async () => {
    await a();
    await sleep('1d');
    return b();
  });
  const run = await env.start(wf);
  await run.result();
  const events = await env.client.runs.events(run.runId);
  await replayHistory(wf, events);
  await replayHistory('changing', events.slice(0, 4));
  const changed = workflow({ name: 'changed' }, async () => {
    await b();
    return a();
  });
  const error = await replayHistory(changed, events).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NonDeterminismError);
  expect((error as NonDeterminismError).divergence).toMatchObject({
    sequence: 2,
    recorded: "step 'a' (step_a_1)",
    requested: "step 'b' (step_b_1)",
    source: expect.stringContaining('modes.test.ts'),
  });
  const longer = workflow({ name: 'longer' }, async () => {
    await a();
    await sleep('1d');
    return (await b()) + 1;
  });
  await expect(replayHistory(longer, events)).rejects.toThrow(NonDeterminismError);
});

test('a workflow passes although its worker is killed at every commit', async () => {
  const reserve = step({ name: 'reserve' }, async (seat: number) => `seat ${seat}`);
  const release = step({ name: 'release' }, async (seat: string) => `free ${seat}`);
  const pay = step({ name: 'pay', maxRetries: 1, retryDelay: '1h' }, async () => {
    throw new Error('no money');
  });
  const notify = workflow({ name: 'notify' }, async (text: string) => {
    await sleep('10m');
    return `told ${text}`;
  });
  const booking = workflow({ name: 'booking' }, async () => {
    const seats: string[] = [];
    const outcome = await saga(async (trip) => {
      for (const seat of [1, 2]) {
        seats.push(await trip.step(() => reserve(seat), release));
      }
      await hook('confirm');
      await pay();
    }).catch(() => 'undone');
    return [outcome, seats, await startChildWorkflow(notify, 'the customer')];
  });
  const attempts: number[] = [];
  const report = await crashAtEveryCommit(async (env) => {
    env.answerHook('confirm', true);
    const released = env.mockStep(release);
    const run = await env.start(booking);
    const result = await run.result();
    attempts.push(released.calls.length);
    const chain = await env.client.runs.events(run.runId);
    expect(chain.filter(({ type }) => type === 'compensation.completed')).toHaveLength(1);
    return result;
  });
  expect(report.result).toEqual(['undone', ['seat 1', 'seat 2'], 'told the customer']);
  expect(report.commits).toBeGreaterThan(8);
  expect(attempts).toHaveLength(1 + 2 * report.commits + 1);
});

test('a crash that changes the outcome is found', async () => {
  let calls = 0;
  const count = step({ name: 'count' }, async () => ++calls);
  const wf = workflow({ name: 'impure' }, async () => count());
  const crashing = crashAtEveryCommit(async (env) => (await env.start(wf)).result());
  await expect(crashing).rejects.toThrow(/The worker was killed just before commit 1: .* changed/);
});

test('a schedule fires each occurrence once although its scheduler is killed', async () => {
  const tick = workflow({ name: 'tick' }, async () => sleep('1h'));
  const report = await crashAtEveryCommit(async (env) => {
    await env.client.schedules.create(tick, { cron: '0 6 * * *' }, { scheduleId: 'mornings' });
    await env.advance('3d');
    const { items } = await env.client.runs.list({ scheduleId: 'mornings' });
    return items.map(({ scheduledAt, status }) => [
      new Date(scheduledAt ?? 0).toISOString(),
      status,
    ]);
  });
  expect(report.result).toEqual([
    ['2030-01-03T06:00:00.000Z', 'completed'],
    ['2030-01-02T06:00:00.000Z', 'completed'],
    ['2030-01-01T06:00:00.000Z', 'completed'],
  ]);
});
