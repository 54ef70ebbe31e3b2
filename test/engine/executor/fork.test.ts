import { afterEach, describe, expect, test } from 'vitest';
import type { Client } from '../../../src/client/client.ts';
import {
  FatalError,
  type PyWorkflowError,
  type ValidationError,
} from '../../../src/core/errors.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { patched } from '../../../src/primitives/patched.ts';
import { saga } from '../../../src/primitives/saga.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../../src/primitives/start-child-workflow.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../../src/workflow/registry.ts';
import { BACKENDS, errorOf, gate, sequences, story, until, useWorld } from './world.ts';

describe.each(BACKENDS)('runs.fork on %s', (backend) => {
  const world = useWorld(backend);
  let calls: string[] = [];
  let broken = false;
  afterEach(() => {
    calls = [];
    broken = false;
  });

  const recorded = <T>(name: string, fn: (value: T) => unknown) =>
    step({ name, maxRetries: 0 }, async (value: T) => {
      calls.push(`${name} ${value}`);
      return fn(value);
    });

  function order() {
    const reserve = recorded('reserve', (n: number) => n * 10);
    const charge = recorded('charge', (n: number) => {
      if (broken) throw new FatalError('card refused');
      return `charged ${n}`;
    });
    const ship = recorded('ship', (what: string) => `shipped ${what}`);
    return workflow({ name: 'order', tags: ['shop'] }, async (n: number) =>
      ship((await charge((await reserve(n)) as number)) as string),
    );
  }

  async function failed(client: Client): Promise<string> {
    broken = true;
    const handle = await client.start(order(), 1, { metadata: { team: 'x' }, idempotencyKey: 'k' });
    await errorOf(handle.result());
    broken = false;
    calls = [];
    return handle.runId;
  }

  test('goes on from the step that failed, without doing what was done', async () => {
    const client = await world.open();
    const source = await failed(client);
    const before = await story(client, source);
    const fork = await client.runs.fork(source);
    expect(await fork.result()).toBe('shipped charged 10');
    expect(calls).toEqual(['charge 10', 'ship charged 10']);
    expect(await story(client, source)).toEqual(before);
    expect(await story(client, fork.runId)).toEqual([
      'workflow.started',
      'step.started step_reserve_1#1',
      'step.completed step_reserve_1#1',
      'step.started step_charge_1#1',
      'step.completed step_charge_1#1',
      'step.started step_ship_1#1',
      'step.completed step_ship_1#1',
      'workflow.completed',
    ]);
    expect(await sequences(client, fork.runId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await client.runs.get(fork.runId)).toMatchObject({
      forkedFromRunId: source,
      workflowName: 'order',
      tags: ['shop'],
      metadata: { team: 'x' },
      idempotencyKey: null,
      parentRunId: null,
      input: 1,
    });
  });

  test('a fork is forked as any other run', async () => {
    const client = await world.open();
    const first = await client.runs.fork(await failed(client));
    await first.result();
    const second = await client.runs.fork(first.runId, { fromStep: 'ship' });
    expect(await second.result()).toBe('shipped charged 10');
    expect(calls).toEqual(['charge 10', 'ship charged 10', 'ship charged 10']);
    expect((await client.runs.get(second.runId)).forkedFromRunId).toBe(first.runId);
  });

  test('overrides replace what a step gave; one for the step itself spares it', async () => {
    const client = await world.open();
    const source = await failed(client);
    const earlier = await client.runs.fork(source, { overrides: { step_reserve_1: 7 } });
    expect(await earlier.result()).toBe('shipped charged 7');
    expect(calls.splice(0)).toEqual(['charge 7', 'ship charged 7']);
    const itself = await client.runs.fork(source, { overrides: { charge: 'paid in cash' } });
    expect(await itself.result()).toBe('shipped paid in cash');
    expect(calls.splice(0)).toEqual(['ship paid in cash']);
    const both = await client.runs.fork(source, {
      fromStep: 'step_charge_1',
      overrides: { charge: new Map([['a', 1]]), reserve: 3 },
    });
    expect(await both.result()).toBe('shipped [object Map]');
  });

  test('a failed step before the cut can be made to have succeeded', async () => {
    const first = recorded('first', () => {
      throw new FatalError('no');
    });
    const last = recorded('last', (value: unknown) => value);
    const lenient = workflow({ name: 'lenient' }, async () =>
      last(await first(1).catch(() => 'caught')),
    );
    const client = await world.open();
    const run = await client.start(lenient);
    expect(await run.result()).toBe('caught');
    const fork = await client.runs.fork(run.runId, {
      fromStep: 'last',
      overrides: { first: 'fine' },
    });
    expect(await fork.result()).toBe('fine');
  });

  test('by name it is the last of that name, by id the very one', async () => {
    const tick = recorded('tick', (n: number) => n);
    const loop = workflow({ name: 'loop' }, async () => {
      for (let i = 1; i <= 3; i++) await tick(i);
    });
    const client = await world.open();
    const run = await client.start(loop);
    await run.result();
    calls = [];
    await (await client.runs.fork(run.runId, { fromStep: 'tick' })).result();
    expect(calls.splice(0)).toEqual(['tick 3']);
    await (await client.runs.fork(run.runId, { fromStep: 'step_tick_2' })).result();
    expect(calls.splice(0)).toEqual(['tick 2', 'tick 3']);
  });

  test('another input only where nothing is taken over', async () => {
    const client = await world.open();
    const source = await failed(client);
    const fork = await client.runs.fork(source, { fromStep: 'reserve', input: 5 });
    expect(await fork.result()).toBe('shipped charged 50');
    const late = await errorOf(client.runs.fork(source, { input: 5 }));
    expect((late as ValidationError).issues).toMatchObject([{ path: 'input' }]);
  });

  test('refuses what cannot be, and writes nothing', async () => {
    const client = await world.open();
    const source = await failed(client);
    const wrong = async (options: object) => {
      const error = (await errorOf(client.runs.fork(source, options))) as ValidationError;
      return `${error.issues[0]?.path}: ${error.issues[0]?.message} (${error.hint})`;
    };
    expect(await wrong({ fromStep: 'chrage' })).toBe(
      "fromStep: the run has never begun a step 'chrage' (Did you mean 'charge'?)",
    );
    expect(await wrong({ fromStep: 'ship' })).toContain('has never begun');
    expect(await wrong({ fromStep: 'reserve', overrides: { charge: 1 } })).toContain(
      "overrides.charge: the part that is taken over has no step 'charge'",
    );
    const unknown = (await errorOf(client.runs.fork('run_ffffffffffffffff'))) as PyWorkflowError;
    expect(unknown.code).toBe('RUN_NOT_FOUND');
    const fine = await client.start(order(), 2);
    await fine.result();
    const none = (await errorOf(client.runs.fork(fine.runId))) as ValidationError;
    expect(none.issues[0]?.message).toBe('no step of the run has failed');
    expect((await client.runs.list()).items).toHaveLength(2);
  });

  test('an open hook gets a token of its own, also where the code was given it', async () => {
    const tokens: string[] = [];
    const send = recorded('send', (token: string) => tokens.push(token));
    const second = recorded('second', () => 2);
    const wait = workflow({ name: 'wait' }, async () => {
      const answer = hook('answer', { timeout: '1h' });
      await send(answer.token);
      return [await second(2), await answer];
    });
    const client = await world.open();
    const run = await client.start(wait);
    await until(async () => (await run.status()) === 'suspended');
    const fork = await client.runs.fork(run.runId, { fromStep: 'second' });
    const { items } = await client.hooks.list({ runId: fork.runId });
    expect(items).toMatchObject([{ hookId: 'hook_answer_1', status: 'pending' }]);
    expect(items[0]?.expiresAt).not.toBeNull();
    const token = items[0]?.token ?? '';
    expect(tokens).toHaveLength(1);
    expect(token).not.toBe(tokens[0]);
    const sent = (await client.runs.events(fork.runId)).find(({ type }) => type === 'step.started');
    expect(sent?.data).toMatchObject({ args: [token] });
    await client.hooks.resume(token, 'for the fork');
    expect(await fork.result()).toEqual([2, 'for the fork']);
    expect(await run.status()).toBe('suspended');
    await client.hooks.resume(tokens[0] ?? '', 'for the source');
    expect(await run.result()).toEqual([2, 'for the source']);
  });

  test('a sleep that is open at the cut goes on, one that is asked for anew starts anew', async () => {
    const go = recorded('go', () => 'gone');
    const race = workflow({ name: 'race' }, async () => {
      const long = sleep(0.3, { name: 'long' });
      await sleep(0.05);
      const result = await Promise.race([go(1), sleep('1h').then(() => 'late')]);
      await long;
      return result;
    });
    const client = await world.open();
    const run = await client.start(race);
    await run.result();
    const fork = await client.runs.fork(run.runId, { fromStep: 'go' });
    expect(await fork.result()).toBe('gone');
    expect(await story(client, fork.runId)).toContain('sleep.completed sleep_long_1');
  });

  test('a step that waits for its next attempt waits on', async () => {
    const flaky = step({ name: 'flaky', maxRetries: 1, retryDelay: 0.2 }, async () => {
      calls.push('flaky');
      if (calls.filter((call) => call === 'flaky').length === 1) throw new Error('once');
      return 'ok';
    });
    const other = recorded('other', () => 'other');
    const both = workflow({ name: 'both' }, () =>
      Promise.all([flaky(), sleep(0.05).then(() => other(1))]),
    );
    const client = await world.open();
    const run = await client.start(both);
    expect(await run.result()).toEqual(['ok', 'other']);
    calls = ['flaky'];
    const fork = await client.runs.fork(run.runId, { fromStep: 'other' });
    expect(await fork.result()).toEqual(['ok', 'other']);
    expect((await story(client, fork.runId)).slice(0, 6)).toEqual([
      'workflow.started',
      'step.started step_flaky_1#1',
      'sleep.started sleep_1',
      'step.failed step_flaky_1#1',
      'step.retrying step_flaky_1#2',
      'sleep.completed sleep_1',
    ]);
  });

  test('children: an ended one stays as recorded, an open one begins anew for the fork', async () => {
    const kid = workflow({ name: 'kid' }, async (name: string) => {
      calls.push(`kid ${name}`);
      if (name === 'slow') await sleep(0.2);
      return name;
    });
    const look = recorded('look', () => 'looked');
    const parent = workflow({ name: 'parent' }, async () => {
      const slow = await startChildWorkflow(kid, 'slow', { waitForCompletion: false });
      const quick = await startChildWorkflow(kid, 'quick');
      await look(1);
      return [quick, await slow.result(), slow.childRunId];
    });
    const client = await world.open();
    const run = await client.start(parent);
    const [, , old] = (await run.result()) as string[];
    calls = [];
    const fork = await client.runs.fork(run.runId, { fromStep: 'look' });
    const [quick, slow, young] = (await fork.result()) as string[];
    expect([quick, slow]).toEqual(['quick', 'slow']);
    expect(young).not.toBe(old);
    expect(calls.filter((call) => call === 'kid quick')).toEqual([]);
    expect(await client.runs.get(young ?? '')).toMatchObject({
      parentRunId: fork.runId,
      nestingDepth: 1,
      status: 'completed',
      input: 'slow',
    });
    expect((await client.runs.list({ parentRunId: fork.runId })).items).toHaveLength(1);
  });

  test('a run may be forked while it runs; both go their way', async () => {
    const open = gate();
    const first = recorded('first', () => 1);
    const blocked = recorded('blocked', () => open.promise.then(() => 'done'));
    const slow = workflow({ name: 'slow' }, async () => [await first(1), await blocked(2)]);
    const client = await world.open();
    const run = await client.start(slow);
    await until(() => calls.includes('blocked 2'));
    const fork = await client.runs.fork(run.runId, {
      overrides: { blocked: 'skipped' },
      fromStep: 'blocked',
    });
    expect(await fork.result()).toEqual([1, 'skipped']);
    open.open();
    expect(await run.result()).toEqual([1, 'done']);
  });

  test('what the code drew it draws again, and then its own', async () => {
    const note = recorded('note', (value: string) => value);
    const draw = workflow({ name: 'draw' }, async () => {
      const ids = [];
      for (let i = 0; i < 3; i++) ids.push(await note(`${Math.random()} ${crypto.randomUUID()}`));
      return [...ids, crypto.randomUUID()];
    });
    const client = await world.open();
    const run = await client.start(draw);
    const original = (await run.result()) as string[];
    const fork = await client.runs.fork(run.runId, { fromStep: 'step_note_2' });
    const forked = (await fork.result()) as string[];
    expect(forked.slice(0, 2)).toEqual(original.slice(0, 2));
    expect(forked[2]).not.toBe(original[2]);
    expect(forked[3]).not.toBe(original[3]);
    const again = await client.runs.fork(fork.runId, { fromStep: 'step_note_3' });
    const twice = (await again.result()) as string[];
    expect(twice.slice(0, 3)).toEqual(forked.slice(0, 3));
    expect(twice[3]).not.toBe(forked[3]);
  });

  test('today’s code goes on from the cut', async () => {
    const one = recorded('one', () => 1);
    const two = recorded('two', () => 2);
    workflow({ name: 'changing' }, async () => [await one(1), await two(2)]);
    const client = await world.open();
    const run = await client.start('changing');
    await run.result();
    clearRegistry();
    workflow({ name: 'changing' }, async () => [
      await one(1),
      patched('more') ? 'new' : 'old',
      await two(3),
    ]);
    const fork = await client.runs.fork(run.runId, { fromStep: 'two' });
    expect(await fork.result()).toEqual([1, 'new', 2]);
  });

  test('a cancelled run’s cleanup is repeated: the fork is a cancelled run as well', async () => {
    let mayUndo = false;
    const book = recorded('book', () => 'B');
    const undo = recorded('undo', () => {
      if (!mayUndo) throw new FatalError('not now');
    });
    const trip = workflow({ name: 'trip' }, () =>
      saga(async (saga) => {
        await saga.step(() => book(1), undo as (value: unknown) => unknown);
        await sleep('1h');
      }),
    );
    const client = await world.open();
    const run = await client.start(trip);
    await until(async () => (await run.status()) === 'suspended');
    await run.cancel('changed my mind');
    const error = await errorOf(run.result());
    expect(error.message).toContain('undoing failed');
    mayUndo = true;
    const fork = await client.runs.fork(run.runId);
    expect(((await errorOf(fork.result())) as PyWorkflowError).code).toBe('CANCELLED');
    expect(calls).toEqual(['book 1', 'undo B', 'undo B']);
    expect(await fork.status()).toBe('cancelled');
  });

  test('a run whose workflow is unknown here is forked for those who know it', async () => {
    const client = await world.open();
    const source = await failed(client);
    clearRegistry();
    const fork = await client.runs.fork(source);
    expect(await client.runs.get(fork.runId)).toMatchObject({
      status: 'pending',
      workflowName: 'order',
    });
    order();
    await client.startWorker();
    expect(await fork.result()).toBe('shipped charged 10');
  });

  test('cancelled before anybody took it up, it cleans up what it has taken over', async () => {
    const tidy = recorded('tidy', () => 1);
    const one = recorded('one', () => 1);
    const careful = workflow({ name: 'careful' }, () =>
      saga(async (saga) => {
        await saga.step(() => one(1), tidy as (value: unknown) => unknown);
        await one(2);
      }),
    );
    const client = await world.open();
    const run = await client.start(careful);
    await run.result();
    calls = [];
    const fork = await client.runs.fork(run.runId, { fromStep: 'step_one_2', detach: true });
    await fork.cancel();
    await client.startWorker();
    await errorOf(fork.result());
    expect(calls).toContain('tidy 1');
  });
});
