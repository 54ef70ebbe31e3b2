import { expect, test } from 'vitest';
import { replay } from '../../src/engine/replay.ts';
import { Session } from '../../src/engine/session.ts';
import { continueAsNew } from '../../src/primitives/continue-as-new.ts';
import { saga } from '../../src/primitives/saga.ts';
import { shield } from '../../src/primitives/shield.ts';
import type { Schema } from '../../src/workflow/schema.ts';
import { copy, LiveRun, newSession, RUN_ID } from './live-run.ts';
import { a, b } from './steps.ts';

const continued = (input: unknown) => ({ kind: 'continued', input });

test('the run ends with the next one’s input; nothing after it runs', async () => {
  const after: string[] = [];
  const run = await LiveRun.start(async (n: number) => {
    await a();
    try {
      await continueAsNew(new Map([['n', n + 1]]));
      after.push('after');
    } finally {
      after.push('finally');
    }
  }, 1);
  await run.complete('step_a_1');
  expect(run.outcome).toEqual(continued({ $: 'Map', v: [['n', 2]] }));
  expect(after).toEqual([]);
  await run.checkReplays();
});

test('without an input, and not awaited: what comes after it is asked of nobody', async () => {
  const run = await LiveRun.start(async () => {
    void continueAsNew();
    await b();
    return 'never';
  });
  expect(run.outcome).toEqual(continued({ $: 'undefined' }));
  expect(run.asked).toEqual([]);
  await run.checkReplays();
});

test('what was asked for in the same breath is in the history, and replays', async () => {
  const run = await LiveRun.start(async () => {
    void a();
    return continueAsNew(1);
  });
  expect([run.asked, run.outcome]).toEqual([['step_a_1'], continued(1)]);
  await run.checkReplays();
});

test('from one of several branches it ends the run', async () => {
  const run = await LiveRun.start(() =>
    Promise.all([a(), b().then(() => continueAsNew('from b')), shield(() => a())]),
  );
  await run.complete('step_b_1');
  expect(run.outcome).toEqual(continued('from b'));
  await run.complete('step_a_1');
  expect(run.violations).toBe(0);
});

test.each([(fn: () => Promise<unknown>) => fn(), shield])(
  'a cancelled run does not go on, not even under a shield (%#)',
  async (scope) => {
    const run = await LiveRun.start(async () => {
      await a().catch(() => {});
      return scope(() => continueAsNew('more'));
    });
    await run.cancel('stop');
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'stop' });
    await run.checkReplays();
  },
);

test('is no failure to a saga', async () => {
  const run = await LiveRun.start(() =>
    saga(async (saga) => {
      await saga.step(a, b);
      return continueAsNew('next');
    }),
  );
  await run.complete('step_a_1');
  expect([run.outcome, run.asked]).toEqual([continued('next'), []]);
});

test('the input is checked as that of a new run, and must be storable', async () => {
  const input: Schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'no number' }] },
    },
  };
  const fn = async (value: unknown) => continueAsNew(value === 'code' ? () => {} : value);
  const outcomeFor = async (value: unknown, schema?: Schema) => {
    const start = await LiveRun.start(fn, value);
    const options = { runId: RUN_ID, workflowName: 'subject', metadata: {}, fn, input: schema };
    const session = new Session(options);
    await replay(session, copy(start.events));
    return session.outcome;
  };
  expect(await outcomeFor(4, input)).toEqual(continued(8));
  const refused = { kind: 'failed', error: { code: 'VALIDATION' } };
  expect(await outcomeFor('text', input)).toMatchObject(refused);
  const unstorable = { kind: 'failed', error: { code: 'SERIALIZATION' } };
  expect(await outcomeFor('code')).toMatchObject(unstorable);
});

test('code that goes on where its history has another step diverges', async () => {
  const run = await LiveRun.start(async () => [await a(), await b()]);
  await run.complete('step_a_1');
  const session = newSession(async () => {
    await a();
    return continueAsNew(1);
  });
  await replay(session, copy(run.events));
  expect(session.outcome).toMatchObject({
    kind: 'diverged',
    divergence: {
      sequence: 4,
      recorded: "step 'b' (step_b_1)",
      requested: 'the end of the workflow (continued)',
    },
  });
});
