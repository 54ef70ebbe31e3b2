import { describe, expect, test } from 'vitest';
import type { CompensationError } from '../../src/core/errors.ts';
import { saga } from '../../src/primitives/saga.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { LiveRun } from './live-run.ts';
import { a, b, c, namedStep } from './steps.ts';

const undoA = namedStep('undoA');
const undoB = namedStep('undoB');

const marks = (run: LiveRun) =>
  run.events.flatMap(({ type, data }) =>
    type === 'compensation.started'
      ? `begin ${data.compensation_id} ${data.undos}: ${data.error}`
      : type === 'compensation.completed'
        ? `end ${data.compensation_id} ${data.failed}`
        : [],
  );

const trip = () =>
  saga(
    async (saga) => {
      await saga.step(
        () => a('flight'),
        (booking) => undoA(booking),
      );
      await saga.step(
        () => b('hotel'),
        (booking) => undoB(booking),
      );
      await c('car');
      return 'booked';
    },
    { name: 'trip' },
  );

async function booked(): Promise<LiveRun> {
  const run = await LiveRun.start(trip);
  await run.complete('step_a_1', 'A');
  await run.complete('step_b_1', 'B');
  return run;
}

describe('a saga', () => {
  test('that succeeds undoes nothing and leaves no mark', async () => {
    const run = await booked();
    await run.complete('step_c_1');
    expect(run.outcome).toEqual({ kind: 'completed', result: 'booked' });
    expect(marks(run)).toEqual([]);
    await run.checkReplays();
  });

  test('that fails undoes the latest first, with the results, each once, and fails with what it failed with', async () => {
    const run = await booked();
    await run.fail('step_c_1', new Error('no car'));
    expect(run.commands).toMatchObject([
      { kind: 'mark', type: 'compensation.started' },
      { kind: 'step', id: 'step_undoB_1', args: ['B'] },
    ]);
    run.retry('step_undoB_1').restart('step_undoB_1');
    await run.complete('step_undoB_1');
    expect(run.commands).toMatchObject([{ kind: 'step', id: 'step_undoA_1', args: ['A'] }]);
    await run.complete('step_undoA_1');
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { stepName: 'c' } });
    expect(marks(run)).toEqual([
      "begin compensation_trip_1 2: Step 'c' failed after 1 attempt: no car",
      'end compensation_trip_1 0',
    ]);
    await run.checkReplays();
  });

  test('that fails before anything is done just fails', async () => {
    const run = await LiveRun.start(trip);
    await run.fail('step_a_1', new Error('full'));
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { stepName: 'a' } });
    expect([run.asked, marks(run)]).toEqual([[], []]);
  });

  test('that is cancelled undoes under a shield; a second cancellation changes nothing', async () => {
    const run = await booked();
    await run.cancel('stop');
    expect(run.waiting).toEqual(['step_undoB_1']);
    await run.cancel('again');
    await run.complete('step_undoB_1');
    await run.complete('step_undoA_1');
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'stop' });
    await run.checkReplays();
  });

  test('cancelled while it undoes, it goes on undoing', async () => {
    const run = await booked();
    await run.fail('step_c_1', new Error('no car'));
    await run.cancel('stop');
    expect(run.waiting).toEqual(['step_undoB_1']);
    await run.complete('step_undoB_1');
    await run.complete('step_undoA_1');
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { code: 'STEP_FAILED' } });
    await run.checkReplays();
  });

  test('goes on undoing when one undo fails, and tells of all', async () => {
    const run = await booked();
    await run.fail('step_c_1', new Error('no car'));
    await run.fail('step_undoB_1', new Error('hotel is closed'));
    expect(run.asked).toEqual(['step_undoA_1']);
    await run.fail('step_undoA_1', new Error('plane is gone'));
    const { error } = run.outcome as { error: CompensationError };
    expect(error.code).toBe('COMPENSATION_FAILED');
    expect(error.errors).toMatchObject([{ stepName: 'undoB' }, { stepName: 'undoA' }]);
    expect(error.cause).toMatchObject({ stepName: 'c' });
    expect(marks(run).at(-1)).toBe('end compensation_trip_1 2');
    await run.checkReplays();
  });

  test('an undo that throws at once counts as failed', async () => {
    const run = await LiveRun.start(() =>
      saga(async (saga) => {
        saga.undo(() => undoA());
        saga.undo(() => {
          throw new Error('broken undo');
        });
        throw new Error('cause');
      }),
    );
    await run.complete('step_undoA_1');
    expect(run.outcome).toMatchObject({
      kind: 'failed',
      error: { errors: [{ message: 'broken undo' }], cause: { message: 'cause' } },
    });
    await run.checkReplays();
  });

  test('an undo may do anything a workflow does', async () => {
    const run = await LiveRun.start(() =>
      saga(async (saga) => {
        saga.undo(async () => {
          await undoA();
          await sleep(60);
          await undoB();
        });
        await a();
      }),
    );
    await run.cancel();
    await run.complete('step_undoA_1');
    await run.wake('sleep_1');
    await run.complete('step_undoB_1');
    expect(run.outcome?.kind).toBe('cancelled');
    await run.checkReplays();
  });
});

describe('branches', () => {
  const both = () =>
    saga((saga) =>
      Promise.all([
        saga.step(a, undoA),
        (async () => {
          await saga.step(b, undoB);
          await saga.step(c, () => namedStepC());
        })(),
      ]),
    );
  const namedStepC = namedStep('undoC');

  test('one that succeeds after the failure is undone as well, and begins nothing new', async () => {
    const run = await LiveRun.start(both);
    await run.fail('step_a_1', new Error('no a'));
    expect([run.asked, run.outcome, marks(run)]).toEqual([[], null, []]);
    await run.complete('step_b_1', 'B');
    expect(run.asked).toEqual(['step_undoB_1']);
    await run.complete('step_undoB_1');
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { stepName: 'a' } });
    expect(
      run.events.some(({ type, data }) => type === 'step.started' && data.step_name === 'c'),
    ).toBe(false);
    await run.checkReplays();
  });

  test('one that fails after the failure leaves nothing to undo', async () => {
    const run = await LiveRun.start(both);
    await run.fail('step_a_1', new Error('no a'));
    await run.fail('step_b_1', new Error('no b'));
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { stepName: 'a' } });
    expect(marks(run)).toEqual([]);
    await run.checkReplays();
  });

  test('cancelled, all are let go at once', async () => {
    const run = await LiveRun.start(both);
    await run.complete('step_a_1');
    await run.cancel('stop');
    expect(run.asked).toEqual(['step_undoA_1']);
    await run.complete('step_undoA_1');
    expect(run.outcome).toEqual({ kind: 'cancelled', reason: 'stop' });
    await run.checkReplays();
  });

  test('undos are in the order in which the steps ended, the latest first', async () => {
    const run = await LiveRun.start(() =>
      saga(async (saga) => {
        await Promise.all([saga.step(a, undoA), saga.step(b, undoB)]);
        throw new Error('end');
      }),
    );
    await run.complete('step_b_1');
    await run.complete('step_a_1');
    expect(run.asked).toEqual(['step_undoA_1']);
    await run.complete('step_undoA_1');
    expect(run.asked).toEqual(['step_undoB_1']);
    await run.checkReplays();
  });

  test('an undo registered too late is refused, so that its action is not begun', async () => {
    const run = await LiveRun.start(() =>
      saga(async (saga) => {
        const late = async () => {
          await b();
          saga.undo(() => undoB());
          await c();
        };
        await Promise.all([saga.step(a, undoA).then(() => Promise.reject(new Error('x'))), late()]);
      }),
    );
    await run.complete('step_a_1');
    expect(run.asked).toEqual(['step_undoA_1']);
    await run.complete('step_b_1');
    expect(run.asked).toEqual([]);
    await run.complete('step_undoA_1');
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { message: 'x' } });
    await run.checkReplays();
  });
});

describe('nested', () => {
  const outer = (fails: 'inner' | 'outer') =>
    saga(
      async (out) => {
        await out.step(a, undoA);
        await out.step(
          () =>
            saga(
              async (inner) => {
                await inner.step(b, undoB);
                if (fails === 'inner') await c();
              },
              { name: 'inner' },
            ),
          () => b('undo of the inner saga'),
        );
        if (fails === 'outer') await c();
      },
      { name: 'outer' },
    );

  test('an inner failure undoes the inner saga, then the outer', async () => {
    const run = await LiveRun.start(() => outer('inner'));
    for (const id of ['step_a_1', 'step_b_1']) await run.complete(id);
    await run.fail('step_c_1', new Error('no c'));
    await run.complete('step_undoB_1');
    await run.complete('step_undoA_1');
    expect(run.outcome).toMatchObject({ kind: 'failed', error: { stepName: 'c' } });
    expect(marks(run).map((mark) => mark.split(' ', 3).join(' '))).toEqual([
      'begin compensation_inner_1 1:',
      'end compensation_inner_1 0',
      'begin compensation_outer_1 1:',
      'end compensation_outer_1 0',
    ]);
    await run.checkReplays();
  });

  test('an outer failure undoes the inner saga as a whole', async () => {
    const run = await LiveRun.start(() => outer('outer'));
    for (const id of ['step_a_1', 'step_b_1']) await run.complete(id);
    await run.fail('step_c_1', new Error('no c'));
    expect(run.commands).toMatchObject([{}, { id: 'step_b_2', args: ['undo of the inner saga'] }]);
    await run.complete('step_b_2');
    await run.complete('step_undoA_1');
    expect(run.outcome?.kind).toBe('failed');
    await run.checkReplays();
  });
});
