import { describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../../src/core/event.ts';
import { replay } from '../../src/engine/replay.ts';
import { reportProgress } from '../../src/primitives/report-progress.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { workflowContext } from '../../src/workflow/context.ts';
import { copy, LiveRun, newSession } from './live-run.ts';
import { a, b } from './steps.ts';

const log = (message: string, fields: { readonly [key: string]: unknown } = {}) =>
  workflowContext('log').recordLog('info', message, fields);
const lines = (events: readonly WorkflowEvent[]) =>
  events.flatMap(({ type, data }) => (type === 'log.recorded' ? data.message : []));

describe('log lines', () => {
  test('are in the history once, whatever is replayed', async () => {
    const fn = async () => {
      log('begin');
      await Promise.all([a().then(() => log('after a')), b().then(() => log('after b'))]);
      log('end');
    };
    const run = await LiveRun.start(fn);
    expect(run.commands.map(({ kind }) => kind)).toEqual(['log', 'step', 'step']);
    await run.complete('step_b_1');
    // A delivery that the code answers with nothing but a line.
    expect(run.commands.map(({ kind }) => kind)).toEqual(['log']);
    const taken = await LiveRun.takeOver(fn, copy(run.events));
    expect(taken.commands).toEqual([]);
    await taken.complete('step_a_1');
    expect(lines(taken.events)).toEqual(['begin', 'after b', 'after a', 'end']);
    await run.checkReplays();
  });

  test('of an answer that the history does not hold are said, even before its first request', async () => {
    const fn = async () => {
      await a();
      log('going on');
      await b();
    };
    const run = await LiveRun.start(fn);
    await run.complete('step_a_1');
    const delivered = run.events.slice(0, 3);
    const taken = await LiveRun.takeOver(fn, copy(delivered));
    expect(lines(taken.events)).toEqual(['going on']);
  });

  test('of a run that was parked before it asked for anything are not said again', async () => {
    const parked = async () => {
      log('hello');
      await new Promise(() => {});
    };
    const run = await LiveRun.start(parked);
    expect(run.outcome?.kind).toBe('stuck');
    const repaired = async () => {
      log('hello');
      await a();
      log('bye');
    };
    const taken = await LiveRun.takeOver(repaired, copy(run.events));
    await taken.complete('step_a_1');
    expect(lines(taken.events)).toEqual(['hello', 'bye']);
  });

  test('of code that does not fit its history are not said', async () => {
    const run = await LiveRun.start(async () => [await a(), await b()]);
    const session = newSession(async () => {
      log('one');
      log('two');
      await sleep(1);
    });
    expect(await replay(session, copy(run.events))).toEqual([]);
    expect(session.outcome?.kind).toBe('diverged');
  });

  test('that cannot be stored do not fail the code, in a replay as little as live', async () => {
    const fn = async () => {
      log('odd', { fn: () => {} });
      await a();
    };
    const run = await LiveRun.start(fn);
    expect(run.outcome).toBeNull();
    expect(run.commands[0]).toMatchObject({
      kind: 'log',
      data: { message: 'odd', fields: { unloggable: expect.stringContaining('fn') } },
    });
    await run.complete('step_a_1');
    expect(run.outcome?.kind).toBe('completed');
    await run.checkReplays();
  });

  test('of a step are not the code’s', async () => {
    const fn = async () => {
      await a();
      log('own');
      await b();
    };
    const run = await LiveRun.start(fn);
    await run.complete('step_a_1');
    const events = copy(run.events);
    for (const event of events) {
      if (event.type === 'log.recorded') Object.assign(event.data, { step_id: 'step_b_1' });
    }
    const session = newSession(fn);
    const commands = await replay(session, events);
    expect(commands.map(({ kind }) => kind)).toEqual(['log']);
  });
});

test('progress is told live and not in replays; changed code may tell more', async () => {
  const fn = async () => {
    reportProgress(0, 2);
    await a();
    reportProgress(1, 2, 'half');
    await b();
  };
  const run = await LiveRun.start(fn);
  expect(run.commands[0]).toEqual({ kind: 'progress', done: 0, total: 2, note: null });
  await run.complete('step_a_1');
  expect(run.commands[0]).toEqual({ kind: 'progress', done: 1, total: 2, note: 'half' });
  const session = newSession(fn);
  expect(await replay(session, copy(run.events))).toEqual([]);
  expect(session.outcome).toBeNull();
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('progress refuses %d', async (done) => {
  const run = await LiveRun.start(async () => reportProgress(done));
  expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'VALIDATION' } });
});
