import { describe, expect, it } from 'vitest';
import { CancellationError, ValidationError } from '../../../src/core/errors.ts';
import { continueAsNew } from '../../../src/primitives/continue-as-new.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, until, useWorld } from './world.ts';

describe.each(BACKENDS)('continuing as new on %s', (backend) => {
  const world = useWorld(backend);

  it('goes on with a new history and inherits all but the input (inventory 11.21)', async () => {
    const wf = workflow(
      { name: 'wf', maxDuration: '1h', tags: ['nightly'], maxRecoveryAttempts: 7 },
      async ({ left, sum }: { left: number; sum: number }): Promise<number> => {
        await sleep('2ms');
        return left === 0 ? sum : continueAsNew({ left: left - 1, sum: sum + left });
      },
    );
    const client = await world.open();
    const options = { metadata: { customer: 'c1' }, tags: ['extra'], idempotencyKey: 'k' };
    const run = await client.start(wf, { left: 3, sum: 0 }, options);
    expect(await run.result()).toBe(6);
    const chain = await client.runs.chain(run.runId);
    expect(chain.map(({ status }) => status)).toEqual([
      'continued_as_new',
      'continued_as_new',
      'continued_as_new',
      'completed',
    ]);
    expect(chain[0]?.runId).toBe(run.runId);
    expect(chain.map((link) => link.runId)).toEqual(
      (await client.runs.chain(chain[2]!.runId)).map((link) => link.runId),
    );
    for (const [index, link] of chain.entries()) {
      expect(link).toMatchObject({
        metadata: { customer: 'c1' },
        tags: ['nightly', 'extra'],
        maxDuration: 3_600_000,
        maxRecoveryAttempts: 7,
        continuedFromRunId: chain[index - 1]?.runId ?? null,
        continuedToRunId: chain[index + 1]?.runId ?? null,
      });
    }
    const last = (await client.runs.events(chain[0]!.runId)).at(-1);
    expect(last).toMatchObject({
      type: 'workflow.continued_as_new',
      data: { new_run_id: chain[1]?.runId, input: { left: 2, sum: 3 } },
    });
    expect((await client.start(wf, { left: 3, sum: 0 }, options)).runId).toBe(run.runId);
    expect((await client.runs.wait(run.runId)).runId).toBe(chain.at(-1)?.runId);
  });

  it('at once, before its first wait', async () => {
    const wf = workflow(
      { name: 'wf' },
      async (left: number): Promise<string> => (left === 0 ? 'done' : continueAsNew(left - 1)),
    );
    const client = await world.open();
    expect(await (await client.start(wf, 20)).result()).toBe('done');
    expect((await client.runs.list({ limit: 100 })).items).toHaveLength(21);
  });

  it('is final: what comes after it never runs, and it cannot be cancelled any more', async () => {
    let after = false;
    const wf = workflow({ name: 'wf' }, async (n: number): Promise<void> => {
      if (n === 1) return sleep('1h');
      try {
        await continueAsNew(1);
      } finally {
        after = true;
      }
    });
    const client = await world.open();
    const run = await client.start(wf, 0);
    await until(async () => (await client.runs.get('latest')).status === 'suspended');
    expect(after).toBe(false);
    expect(await client.runs.cancel(run.runId)).toMatchObject({
      cancelled: false,
      status: 'continued_as_new',
    });
  });

  it('a cancellation that comes with the last commit goes to the successor', async () => {
    const wf = workflow({ name: 'wf' }, async (left: number): Promise<void> => {
      await sleep('5ms');
      if (left > 0) return continueAsNew(left - 1);
      await sleep('1h');
    });
    let answer: unknown;
    const client = await world.open(
      {},
      {
        wrap: (store) => ({
          ...store,
          async commit(batch) {
            const last = batch.find(
              (write) => write.op === 'advance' && write.run?.status === 'continued_as_new',
            );
            if (last?.op === 'advance' && answer === undefined) {
              const message = { type: 'cancel', reason: 'enough', requestedBy: 'test' } as const;
              const { runId } = last.lease;
              answer = await store.commit([{ op: 'deliver', runId, message, now: Date.now() }]);
            }
            return store.commit(batch);
          },
        }),
      },
    );
    const run = await client.start(wf, 1);
    expect(await errorOf(run.result())).toMatchObject({ reason: 'enough' });
    expect(answer).toMatchObject([{ outcome: 'committed' }]);
    const chain = await client.runs.chain(run.runId);
    expect(chain.map(({ status }) => status)).toEqual(['continued_as_new', 'cancelled']);
  });

  it('refuses an input that does not fit, and a cancelled run', async () => {
    const { z } = await import('zod');
    const wf = workflow({ name: 'wf', input: z.object({ n: z.number() }) }, async ({ n }) => {
      if (n === 0) return continueAsNew({ n: 'one' }).catch((error: Error) => error.name);
      return sleep('1h').catch(() => continueAsNew({ n: 0 }));
    });
    const client = await world.open();
    expect(await (await client.start(wf, { n: 0 })).result()).toBe(ValidationError.name);
    const run = await client.start(wf, { n: 1 });
    await until(async () => (await run.status()) === 'suspended');
    await run.cancel();
    expect(await errorOf(run.result())).toBeInstanceOf(CancellationError);
  });
});
