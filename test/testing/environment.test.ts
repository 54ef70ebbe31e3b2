import { setTimeout as realTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  getContext,
  hook,
  Step,
  sleep,
  startChildWorkflow,
  step,
  workflow,
} from '../../src/index.ts';
import { useEnvironment } from './use-environment.ts';

const environment = useEnvironment();

test('advance fires timers in their order, and what they wake runs between them', async () => {
  const env = await environment();
  const seen: string[] = [];
  const note = step({ name: 'note' }, async (text: string) => void seen.push(text));
  const sleeper = workflow({ name: 'sleeper' }, async (name: string) => {
    for (let day = 1; day <= 3; day++) {
      await sleep(name === 'fast' ? '1d' : '36h');
      await note(`${name} ${new Date().toISOString().slice(8, 13)}`);
    }
  });
  await env.start(sleeper, 'slow');
  await env.start(sleeper, 'fast');
  await env.advance('2d');
  expect(seen).toEqual(['fast 02T00', 'slow 02T12', 'fast 03T00']);
  await env.advance('1y');
  expect(seen.slice(3)).toEqual(['slow 04T00', 'fast 04T00', 'slow 05T12']);
  expect(env.now().toISOString()).toBe('2031-01-03T00:00:00.000Z');
});

test('time stands still while a step does real work', async () => {
  const env = await environment();
  const read = step({ name: 'read' }, async () => {
    const before = env.now();
    await realTimeout(30);
    return env.now().getTime() - before.getTime();
  });
  const other = workflow({ name: 'other' }, async () => sleep('1d'));
  const reader = workflow({ name: 'reader' }, async () => read());
  await env.start(other);
  const run = await env.start(reader);
  expect(await run.result()).toBe(0);
});

test('a step that waits by virtual time lets its own timeout fire', async () => {
  const env = await environment();
  const slow = step({ name: 'slow', timeout: '30s', maxRetries: 1, retryDelay: '1m' }, async () => {
    const { attempt } = getContext() as { attempt: number };
    await env.sleep(attempt === 1 ? '1h' : '10s');
    return attempt;
  });
  const run = await env.start(workflow({ name: 'impatient' }, async () => slow()));
  expect(await run.result()).toBe(2);
  expect(env.now().getTime() - Date.UTC(2030, 0, 1)).toBe(100_000);
});

test('time stands still unless somebody waits', async () => {
  const env = await environment();
  const run = await env.start(workflow({ name: 'napping' }, async () => sleep('1s')));
  await env.settle();
  await realTimeout(20);
  expect(await run.status()).toBe('suspended');
  expect((await env.runUntilEnd(run)).status).toBe('completed');
});

// Defect 23: in the ancestor, decorated steps bypass the mock context.
test('mocks intercept decorated steps, with all attempts (inventory 11.23)', async () => {
  const env = await environment();
  const charge = step(
    { name: 'charge', retryDelay: '1h' },
    async (cents: number): Promise<string> => {
      throw new Error(`no bank for ${cents}`);
    },
  );
  class Ship extends Step {
    async execute(to: string): Promise<string> {
      throw new Error(`no ship to ${to}`);
    }
  }
  const order = workflow({ name: 'order' }, async () => [
    await charge(100),
    await charge(200),
    await new Ship().run('Rome'),
  ]);
  const mock = env.mockStep(charge, (cents) => `paid ${cents}`).once(new Error('busy'));
  const ship = env.mockStep(Ship, 'shipped');
  const run = await env.start(order);
  expect(await run.result()).toEqual(['paid 100', 'paid 200', 'shipped']);
  expect(mock.calls.map(({ args, attempt }) => [...args, attempt])).toEqual([
    [100, 1],
    [100, 2],
    [200, 1],
  ]);
  expect(ship.calls).toEqual([
    { args: ['Rome'], runId: run.runId, stepId: 'step_Ship_1', attempt: 1 },
  ]);
  mock.restore();
  const again = await env.start(order);
  await expect(again.result()).rejects.toThrow('no bank for 100');
});

test('a mock without behaviour records calls', async () => {
  const env = await environment();
  const double = step({ name: 'double' }, async (n: number) => 2 * n);
  const mock = env.mockStep('double');
  const run = await env.start(workflow({ name: 'doubling' }, async () => double(4)));
  expect(await run.result()).toBe(8);
  expect(mock.calls).toHaveLength(1);
});

test('a mocked child runs the fake body', async () => {
  const env = await environment();
  const kid = workflow({ name: 'kid' }, async (_n: number): Promise<string> => 'real');
  const parent = workflow({ name: 'parent' }, async () => startChildWorkflow(kid, 7));
  const mock = env.mockWorkflow('kid', async (n: number) => {
    await sleep('1d');
    return `fake ${n}`;
  });
  expect(await (await env.start(parent)).result()).toBe('fake 7');
  mock.restore();
  expect(await (await env.start(parent)).result()).toBe('real');
  expect(() => env.mockWorkflow('kit', 1)).toThrow(/kid/);
});

test('hooks are answered at once, after a while, or never', async () => {
  const env = await environment();
  const asking = workflow({ name: 'asking' }, async () => hook('approval'));
  const early = await env.start(asking);
  const answers = env.answerHook('approval', ({ name }: { name: string }) => `yes to ${name}`, {
    after: '2h',
  });
  expect(await early.result()).toBe('yes to approval');
  const late = await env.start(asking);
  expect(await late.result()).toBe('yes to approval');
  expect(env.now().getTime() - Date.UTC(2030, 0, 1)).toBe(4 * 3_600_000);
  expect(answers.answered.map(({ runId }) => runId)).toEqual([early.runId, late.runId]);
  answers.restore();
  const never = await env.start(asking);
  await expect(never.result()).rejects.toThrow(
    /is suspended and waits for hook 'approval' .*nothing is left that could happen/,
  );
});

test('a schedule does not hide that a run waits in vain', async () => {
  const env = await environment({ horizon: '30d' });
  const nothing = workflow({ name: 'nothing' }, async () => {});
  await env.client.schedules.create(nothing, { interval: '1d' });
  const run = await env.start(workflow({ name: 'waiting' }, async () => hook('never')));
  await expect(run.result()).rejects.toThrow(/it has waited for 30d of virtual time/);
});

test('an answer that is refused fails the test, not only the hook', async () => {
  const env = await environment();
  env.answerHook('approval', () => {
    throw new Error('no answer today');
  });
  const run = await env.start(workflow({ name: 'asking' }, async () => hook('approval')));
  await expect(run.result()).rejects.toThrow('no answer today');
});

test('runs without a store live by virtual time as well', async () => {
  const env = await environment();
  const flaky = step({ name: 'flaky', retryDelay: '1d' }, async () => 1);
  env.mockStep(flaky, 2).once(new Error('no'));
  const wf = workflow({ name: 'light', durable: false }, async () => {
    await sleep('30d');
    return flaky();
  });
  expect(await (await env.start(wf)).result()).toBe(2);
  expect(env.now().toISOString()).toBe('2030-02-01T00:00:00.000Z');
});

test('it closes although a step never ends', async () => {
  const env = await environment();
  const hang = step({ name: 'hang' }, () => new Promise<void>(() => {}));
  await env.start(workflow({ name: 'hanging' }, async () => hang()));
  await realTimeout(5);
});

test('two environments do not know each other', async () => {
  const [one, two] = [await environment(), await environment()];
  const where = step({ name: 'where' }, async () => 'nowhere');
  const wf = workflow({ name: 'asking' }, async () => {
    await sleep('1d');
    return where();
  });
  one.mockStep(where, 'one');
  two.mockStep(where, 'two');
  const [first, second] = [await one.start(wf), await two.start(wf)];
  expect(await Promise.all([first.result(), second.result()])).toEqual(['one', 'two']);
});
