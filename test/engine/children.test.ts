import { beforeAll, describe, expect, test } from 'vitest';
import { registerClass } from '../../src/core/codec.ts';
import { ChildWorkflowFailedError, type PyWorkflowError } from '../../src/core/errors.ts';
import { childRunId } from '../../src/core/id.ts';
import { openWaitsIn, openWaitsOf } from '../../src/engine/open-waits.ts';
import { replay } from '../../src/engine/replay.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../src/primitives/start-child-workflow.ts';
import { type WorkflowFunction, workflow } from '../../src/workflow/define-workflow.ts';
import type { Schema } from '../../src/workflow/schema.ts';
import { copy, LiveRun, newSession, RUN_ID, SECRET } from './live-run.ts';
import { a, b, c } from './steps.ts';

let kid: WorkflowFunction<unknown, unknown>;
beforeAll(() => {
  kid = workflow({ name: 'kid' }, async (input: unknown) => input);
});

const loose = { waitForCompletion: false } as const;
const completed = (result: unknown) => ({ kind: 'completed', result });
const idOf = (child: string) => childRunId(RUN_ID, child, SECRET);

describe('an awaited child', () => {
  test('is asked for once, and its result is the call’s', async () => {
    const run = await LiveRun.start(async () => [
      await startChildWorkflow(kid, { n: 1 }),
      await a(),
    ]);
    expect(run.commands).toMatchObject([
      {
        kind: 'child',
        id: 'child_kid_1',
        runId: idOf('child_kid_1'),
        input: { n: 1 },
        waitForCompletion: true,
        parentClosePolicy: 'terminate',
      },
    ]);
    expect(run.outcome).toBeNull();
    await run.childCompletes('child_kid_1', 'K');
    expect(run.asked).toEqual(['step_a_1']);
    await run.complete('step_a_1', 'A');
    expect(run.outcome).toEqual(completed(['K', 'A']));
    await run.checkReplays();
  });

  test.each(['fails', 'is cancelled'])('that %s rejects with what became of it', async (how) => {
    let caught: unknown;
    const run = await LiveRun.start(async () => {
      await startChildWorkflow(kid, 1).catch((error) => {
        caught = error;
      });
      return b();
    });
    if (how === 'fails') await run.childFails('child_kid_1', new RangeError('too far'));
    else await run.childIsCancelled('child_kid_1', 'stop');
    expect(caught).toBeInstanceOf(ChildWorkflowFailedError);
    const cause = how === 'fails' ? { message: 'too far' } : { code: 'CANCELLED', reason: 'stop' };
    expect(caught).toMatchObject({
      childRunId: idOf('child_kid_1'),
      childWorkflowName: 'kid',
      status: how === 'fails' ? 'failed' : 'cancelled',
      cause,
    });
    expect(run.asked).toEqual(['step_b_1']);
    await run.complete('step_b_1');
    await run.checkReplays();
  });

  test('the same call twice is two children, and ids never collide with those of steps', async () => {
    const step_1 = workflow({ name: 'kid_1' }, async () => {});
    const run = await LiveRun.start(() =>
      Promise.all([
        startChildWorkflow(kid, 1),
        startChildWorkflow(kid, 1),
        startChildWorkflow(step_1),
        startChildWorkflow(kid, 1, { id: 'kid_1' }),
        startChildWorkflow(kid, 1, { id: 'other' }),
      ]),
    );
    expect(run.asked).toEqual([
      'child_kid_1',
      'child_kid_2',
      'child_kid_1_1',
      'child_kid_1_2',
      'child_other_1',
    ]);
    expect(new Set(run.commands.map((command) => 'runId' in command && command.runId)).size).toBe(
      5,
    );
    await run.checkReplays();
  });

  test('ends in any order, each once', async () => {
    const run = await LiveRun.start(async () => {
      const order: unknown[] = [];
      await Promise.all([1, 2, 3].map(async (n) => order.push(await startChildWorkflow(kid, n))));
      return order;
    });
    for (const n of [3, 1, 2]) await run.childCompletes(`child_kid_${n}`, n);
    expect(run.outcome).toEqual(completed([3, 1, 2]));
    await run.checkReplays();
  });

  test('an end that is told twice is heard once', async () => {
    const run = await LiveRun.start(async () => [await startChildWorkflow(kid, 1), await a()]);
    await run.childCompletes('child_kid_1', 'first');
    const session = newSession(async () => [await startChildWorkflow(kid, 1), await a()]);
    const again = run.events.find(({ type }) => type === 'child_workflow.completed');
    const events = copy([...run.events, again]) as typeof run.events;
    Object.assign(events.at(-1)?.data as object, { result: 'second' });
    Object.assign(events.at(-1) as object, { sequence: events.length });
    await replay(session, events);
    expect([session.outcome, [...session.pending.keys()]]).toEqual([null, ['step_a_1']]);
  });

  test('another workflow under the same id is a divergence with both sides', async () => {
    const other = workflow({ name: 'other-kid' }, async () => {});
    const run = await LiveRun.start(() => startChildWorkflow(kid, 1, { id: 'x' }));
    const session = newSession(() => startChildWorkflow(other, undefined, { id: 'x' }));
    await replay(session, copy(run.events));
    expect(session.outcome).toMatchObject({
      kind: 'diverged',
      divergence: {
        sequence: 2,
        recorded: "child 'kid' (child_x_1)",
        requested: "child 'other-kid' (child_x_1)",
        source: expect.stringContaining('children.test.ts:'),
      },
    });
  });
});

describe('refused before it is asked for', () => {
  const picky: Schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) =>
        value === 'good' ? { value } : { issues: [{ message: 'not good', path: ['x'] }] },
    },
  };

  test('an input that does not fit, and the next call is no other child', async () => {
    const child = workflow({ name: 'picky', input: picky }, async () => {});
    const run = await LiveRun.start(async () => {
      const first = await startChildWorkflow(child, 'bad').catch((e: PyWorkflowError) => e.code);
      return [first, await startChildWorkflow(child, 'good')];
    });
    expect(run.asked).toEqual(['child_picky_2']);
    await run.childCompletes('child_picky_2', 1);
    expect(run.outcome).toEqual(completed(['VALIDATION', 1]));
    await run.checkReplays();
  });

  test('a recorded child is not checked again: schemas change', async () => {
    let fits = true;
    const validate = (value: unknown) => (fits ? { value } : { issues: [{ message: 'no' }] });
    const input: Schema = { '~standard': { version: 1, vendor: 'test', validate } };
    const child = workflow({ name: 'changing', input }, async () => {});
    const run = await LiveRun.start(() => startChildWorkflow(child, 1));
    await run.childCompletes('child_changing_1', 1);
    fits = false;
    const session = newSession(() => startChildWorkflow(child, 1));
    await replay(session, copy(run.events));
    expect(session.outcome).toEqual(completed(1));
  });

  test.each([
    [() => startChildWorkflow('nobody', 1), 'UNKNOWN_WORKFLOW'],
    [() => startChildWorkflow(kid, 1, { id: 'a b' }), 'VALIDATION'],
    [() => startChildWorkflow(kid, 1, { parentClosePolicy: 'x' as 'abandon' }), 'VALIDATION'],
    [() => startChildWorkflow(kid, () => {}), 'SERIALIZATION'],
  ])('call %#', async (call, code) => {
    const run = await LiveRun.start(async () => {
      const late = call();
      await a();
      return late.catch((error: PyWorkflowError) => error.code);
    });
    await run.complete('step_a_1');
    expect(run.outcome).toEqual(completed(code));
    await run.checkReplays();
  });
});

describe('a handle', () => {
  test('is there at once, and tells what the history tells', async () => {
    const fn = async () => {
      const handle = await startChildWorkflow(kid, 1, loose);
      const before = await handle.status();
      await a();
      const after = await handle.status();
      return [handle.childRunId, handle.parentRunId, before, after, await handle.result()];
    };
    const run = await LiveRun.start(fn);
    expect(run.asked).toEqual(['child_kid_1', 'step_a_1']);
    await run.childCompletes('child_kid_1', 'K');
    expect(run.asked).toEqual([]);
    await run.complete('step_a_1');
    expect(run.outcome).toEqual(
      completed([idOf('child_kid_1'), RUN_ID, 'running', 'completed', 'K']),
    );
    await run.checkReplays();
  });

  test('gives every reader a result of its own', async () => {
    const run = await LiveRun.start(async () => {
      const handle = await startChildWorkflow(kid, 1, loose);
      const [one, two] = (await Promise.all([handle.result(), handle.result()])) as { n: number }[];
      if (one) one.n = 5;
      const three = (await handle.result()) as { n: number };
      return [one, two, three];
    });
    await run.childCompletes('child_kid_1', { n: 1 });
    expect(run.outcome).toEqual(completed([{ n: 5 }, { n: 1 }, { n: 1 }]));
    await run.checkReplays();
  });

  test('that is forgotten keeps nobody from ending', async () => {
    const run = await LiveRun.start(async () => {
      await startChildWorkflow(kid, 1, loose);
      return 'done';
    });
    expect(run.outcome).toEqual(completed('done'));
    expect(openWaitsOf(run.session)).toEqual(openWaitsIn(run.events));
    await run.checkReplays();
  });

  test('awaited later is a wait, not a run that is stuck; a foreign wait beside it is one', async () => {
    const waits = await LiveRun.start(async () =>
      (await startChildWorkflow(kid, 1, loose)).result(),
    );
    expect(waits.outcome).toBeNull();
    const foreign = await LiveRun.start(async () => {
      await startChildWorkflow(kid, 1, loose);
      await new Promise(() => {});
    });
    expect(foreign.outcome?.kind).toBe('stuck');
  });

  test('cancel asks once a call, and not after the end', async () => {
    const run = await LiveRun.start(async () => {
      const handle = await startChildWorkflow(kid, 1, loose);
      const first = await handle.cancel('enough');
      const end = await handle.result().catch((error: ChildWorkflowFailedError) => error.status);
      return [first, end, await handle.cancel()];
    });
    expect(run.commands).toMatchObject([
      { kind: 'child' },
      { kind: 'cancelChild', runId: idOf('child_kid_1'), reason: 'enough' },
    ]);
    await run.childIsCancelled('child_kid_1', 'enough');
    expect(run.outcome).toEqual(completed([true, 'cancelled', false]));
    await run.checkReplays();
  });

  test('a result that cannot be read parks the run where the code asks for it, and only there', async () => {
    class Coin {
      value = 1;
    }
    const fn = async (wanted: boolean) => {
      const handle = await startChildWorkflow(kid, 1, loose);
      await a();
      return wanted ? ((await handle.result()) as Coin).value : 'unread';
    };
    for (const wanted of [true, false]) {
      const run = await LiveRun.start(fn, wanted);
      await run.childCompletes('child_kid_1');
      const ended = run.events.at(-1)?.data as { result: unknown };
      ended.result = { $: 'class', name: 'ChildrenTestCoin', v: { value: 7 } };
      await run.complete('step_a_1');
      const session = newSession(fn);
      await replay(session, copy(run.events));
      if (wanted) {
        expect(session.outcome).toMatchObject({
          kind: 'stuck',
          awaiting: [expect.stringMatching(/^the data of child_workflow\.completed \(event 4\)/)],
        });
        registerClass(Coin, { name: 'ChildrenTestCoin' });
        const next = newSession(fn);
        await replay(next, copy(run.events));
        expect(next.outcome).toEqual(completed(7));
      } else expect(session.outcome).toEqual(completed('unread'));
    }
  });
});

describe('cancellation of the parent', () => {
  test('lets go of the wait, and the child’s end is heard no more', async () => {
    const run = await LiveRun.start(async () => {
      try {
        return await startChildWorkflow(kid, 1);
      } catch (error) {
        await shield(() => a());
        throw error;
      }
    });
    await run.cancel('stop');
    expect(run.asked).toEqual(['step_a_1']);
    expect(run.events.map(({ type }) => type)).toEqual([
      'workflow.started',
      'child_workflow.started',
      'cancellation.requested',
      'child_workflow.cancel_requested',
      'step.started',
    ]);
    await run.childIsCancelled('child_kid_1', 'stop');
    expect(run.outcome).toBeNull();
    await run.complete('step_a_1');
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'stop' });
    await run.checkReplays();
  });

  test('a shield covers a child that was started in it, and a result that is awaited in it', async () => {
    const run = await LiveRun.start(async () => {
      const handle = await startChildWorkflow(kid, 'outside', loose);
      const inside = shield(() => startChildWorkflow(kid, 'inside'));
      try {
        await sleep(10);
      } catch {
        const outside = await shield(() => handle.result().catch((e: Error) => e.message));
        return [outside, await inside];
      }
    });
    await run.cancel('stop');
    expect(run.outcome).toBeNull();
    expect(
      run.events.filter(({ type }) => type === 'child_workflow.cancel_requested'),
    ).toHaveLength(1);
    await run.childIsCancelled('child_kid_1', 'stop');
    await run.childCompletes('child_kid_2', 'safe');
    expect(run.outcome).toEqual(
      completed(["Child workflow 'kid' cancelled: Workflow was cancelled: stop", 'safe']),
    );
    await run.checkReplays();
  });

  test('afterwards nothing is started outside of a shield', async () => {
    const codes: unknown[] = [];
    const run = await LiveRun.start(async () => {
      const handle = await startChildWorkflow(kid, 1, loose);
      await a().catch(() => {});
      await startChildWorkflow(kid, 2).catch((e: PyWorkflowError) => codes.push(e.code));
      await handle.result().catch((e: PyWorkflowError) => codes.push(e.code));
      return shield(() => startChildWorkflow(kid, 3));
    });
    await run.cancel();
    expect(codes).toEqual(['CANCELLED', 'CANCELLED']);
    expect(run.asked).toEqual(['child_kid_2']);
    await run.checkReplays();
  });

  test('what is open is the same whether the session or the history is asked', async () => {
    const run = await LiveRun.start(async () => {
      const asked = await startChildWorkflow(kid, 1, loose);
      await startChildWorkflow(kid, 2, { ...loose, parentClosePolicy: 'abandon' });
      await shield(async () => startChildWorkflow(kid, 3, loose));
      await startChildWorkflow(kid, 4, { ...loose, parentClosePolicy: 'request_cancel' });
      await asked.cancel();
      await Promise.all([shield(() => b()), c()]);
    });
    for (const happen of [() => run, () => run.childCompletes('child_kid_4'), () => run.cancel()]) {
      await happen();
      expect(openWaitsOf(run.session)).toEqual(openWaitsIn(run.events));
    }
    await run.checkReplays();
  });
});

test('so deep in the tree there are no children, but recorded ones stay', async () => {
  const options = { runId: RUN_ID, workflowName: 'subject', metadata: {} };
  const { Session } = await import('../../src/engine/session.ts');
  const fn = () => startChildWorkflow(kid, 1);
  const deep = { ...options, fn, nestingDepth: 3, maxNestingDepth: 3 };
  const run = await LiveRun.start(fn);
  const fresh = new Session(deep);
  await replay(fresh, copy(run.events.slice(0, 1)));
  expect(fresh.outcome).toMatchObject({ kind: 'failed', error: { code: 'MAX_NESTING_DEPTH' } });
  const recorded = new Session(deep);
  await replay(recorded, copy(run.events));
  expect(recorded.outcome).toBeNull();
});
