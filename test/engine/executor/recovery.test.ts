import { describe, expect, it } from 'vitest';
import { sleep } from '../../../src/primitives/sleep.ts';
import type { Store } from '../../../src/storage/store.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, gate, sequences, story, until, useWorld } from './world.ts';

const LEASE = { worker: { lease: '150ms' } };

/** A store whose worker looks dead after its first lease: nobody renews it. */
function withoutHeartbeat(store: Store): Store {
  return { ...store, keepAlive: () => () => {} };
}

describe.each(BACKENDS)('recovery on %s', (backend) => {
  const world = useWorld(backend);

  it('takes the run of a silent worker, and fences that one (inventory 11.10)', async () => {
    const gates = [gate<string>(), gate<string>()];
    let attempts = 0;
    const aborted: unknown[] = [];
    const slow = step({ name: 'slow' }, async () => {
      const mine = gates[attempts++];
      return mine!.promise;
    });
    const watching = step({ name: 'watching' }, async () => {
      const { signal } = getContext();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      aborted.push(signal.reason);
    });
    const after = step({ name: 'after' }, async (what: string) => what);
    const wf = workflow({ name: 'wf' }, async () => {
      const watcher = watching();
      const what = await Promise.race([slow(), watcher]);
      return after(what as string);
    });
    const stale = await world.open(LEASE, { wrap: withoutHeartbeat });
    const run = await stale.start(wf);
    await until(() => attempts === 1);

    const heir = await world.open();
    await heir.startWorker();
    await until(() => attempts === 2);
    const events = await heir.runs.events(run.runId);
    expect(events[3]).toMatchObject({
      type: 'workflow.interrupted',
      data: {
        reason: 'worker_lost',
        worker_id: expect.stringMatching(/^worker_/),
        recovery_attempt: 1,
        recoverable: true,
        last_event_sequence: 3,
      },
    });
    expect((await heir.runs.get(run.runId)).recoveryAttempts).toBe(1);

    // The stale owner's step ends first; nothing of it may be recorded.
    gates[0]!.open('stale');
    await until(() => aborted.length === 1);
    expect(aborted).toMatchObject([{ code: 'CLOSED' }]);
    gates[1]!.open('heir');
    // Also the stale owner's own handle is told, by way of the store.
    expect(await run.result({ timeoutMs: 3000 })).toBe('heir');
    expect(await story(heir, run.runId)).toEqual([
      'workflow.started',
      'step.started step_watching_1#1',
      'step.started step_slow_1#1',
      'workflow.interrupted',
      'step.started step_watching_1#1',
      'step.started step_slow_1#1',
      'step.completed step_slow_1#1',
      'step.started step_after_1#1',
      'step.completed step_after_1#1',
      'workflow.completed',
    ]);
    const list = await sequences(heir, run.runId);
    expect(list).toEqual(list.map((_, index) => index + 1));
    // A completed step: the run is not in a crash loop.
    expect((await heir.runs.get(run.runId)).recoveryAttempts).toBe(0);
  });

  it('tells a long step of a stale owner to stop, though it has nothing to write', async () => {
    const reasons: unknown[] = [];
    let attempts = 0;
    const slow = step({ name: 'slow' }, async () => {
      if (attempts++ > 0) return 'heir';
      const { signal } = getContext();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(signal.reason);
      return 'stale';
    });
    const wf = workflow({ name: 'wf' }, () => slow());
    const stale = await world.open(LEASE, { wrap: withoutHeartbeat });
    const run = await stale.start(wf);
    await until(() => attempts === 1);
    const heir = await world.open();
    await heir.startWorker();
    expect((await heir.runs.wait(run.runId, { timeoutMs: 5000 })).result).toBe('heir');
    await until(() => reasons.length === 1);
    expect(reasons).toMatchObject([{ code: 'CLOSED' }]);
  });

  it('tells a stale owner that the heir has finished the run long since', async () => {
    const forever = gate();
    let attempts = 0;
    const slow = step({ name: 'slow' }, async () => {
      if (attempts++ === 0) await forever.promise;
      return 'heir';
    });
    const wf = workflow({ name: 'wf' }, () => slow());
    const stale = await world.open(LEASE, { wrap: withoutHeartbeat });
    const run = await stale.start(wf);
    const result = run.result({ timeoutMs: 4000 });
    await until(() => attempts === 1);
    const heir = await world.open();
    await heir.startWorker();
    expect((await heir.runs.wait(run.runId, { timeoutMs: 3000 })).status).toBe('completed');
    forever.open();
    expect(await result).toBe('heir');
  });

  it('gives up after maxRecoveryAttempts without progress', async () => {
    let attempts = 0;
    const stuck = gate();
    const hang = step({ name: 'hang' }, async () => {
      attempts++;
      await stuck.promise;
    });
    const wf = workflow({ name: 'wf', maxRecoveryAttempts: 2 }, () => hang());
    const first = await world.open(LEASE, { wrap: withoutHeartbeat });
    const run = await first.start(wf);
    for (let n = 1; n <= 2; n++) {
      const next = await world.open(LEASE, { wrap: withoutHeartbeat });
      await next.startWorker();
      await until(() => attempts === n + 1);
    }
    const last = await world.open();
    await last.startWorker();
    const record = await last.runs.wait(run.runId, { timeoutMs: 5000 });
    expect(record.status).toBe('failed');
    expect(record.error?.message).toContain('Exceeded max recovery attempts (2)');
    expect(attempts).toBe(3);
    const events = await last.runs.events(run.runId);
    const losses = events.filter((event) => event.type === 'workflow.interrupted');
    expect(losses.map((event) => event.data)).toMatchObject([
      { recovery_attempt: 1, recoverable: true },
      { recovery_attempt: 2, recoverable: true },
      { recovery_attempt: 3, recoverable: false },
    ]);
    expect(events.at(-1)?.type).toBe('workflow.failed');
    stuck.open();
  });

  it('fails the run at once where recovery is switched off', async () => {
    const stuck = gate();
    const hang = step({ name: 'hang' }, () => stuck.promise);
    const wf = workflow({ name: 'wf', recoverOnWorkerLoss: false }, () => hang());
    const first = await world.open(LEASE, { wrap: withoutHeartbeat });
    const run = await first.start(wf);
    const last = await world.open();
    await last.startWorker();
    const record = await last.runs.wait(run.runId, { timeoutMs: 5000 });
    expect(record).toMatchObject({ status: 'failed' });
    expect(record.error?.message).toContain('recovery is disabled');
    stuck.open();
  });

  it('is not counted for a run that only slept', async () => {
    const wf = workflow({ name: 'wf', recoverOnWorkerLoss: false }, async () => {
      await sleep('300ms');
      return 'rested';
    });
    const first = await world.open(LEASE, { wrap: withoutHeartbeat });
    const run = await first.start(wf);
    await first.close();
    const last = await world.open();
    await last.startWorker();
    const record = await last.runs.wait(run.runId, { timeoutMs: 5000 });
    expect(record).toMatchObject({ status: 'completed', recoveryAttempts: 0 });
  });

  it('happens without a worker, too, for whoever starts the run again by its key', async () => {
    let attempts = 0;
    const stuck = gate();
    const slow = step({ name: 'slow' }, async () => {
      if (attempts++ === 0) await stuck.promise;
      return 'again';
    });
    const wf = workflow({ name: 'wf' }, () => slow());
    const first = await world.open(LEASE, { wrap: withoutHeartbeat });
    await first.start(wf, undefined, { idempotencyKey: 'k' });
    await until(() => attempts === 1);
    const second = await world.open();
    const run = await second.start(wf, undefined, { idempotencyKey: 'k' });
    expect(run.alreadyStarted).toBe(true);
    expect(await run.result({ timeoutMs: 4000 })).toBe('again');
    stuck.open();
  });

  it('needs no session: an evicted one is replayed and gives the same', async () => {
    const draws: number[][] = [];
    const n = step({ name: 'n' }, async (value: number) => value);
    const wf = workflow({ name: 'wf' }, async (count: number) => {
      const drawn: number[] = [];
      for (let i = 0; i < count; i++) {
        drawn.push(Math.random(), Date.now(), await n(i));
        await sleep('2ms');
      }
      draws.push(drawn);
      return { drawn, id: crypto.randomUUID() };
    });
    for (const cacheSize of [0, 1, 1000]) {
      const client = await world.open({ worker: { cacheSize } });
      const runs = await Promise.all([5, 6, 7].map((count) => client.start(wf, count)));
      for (const [index, run] of runs.entries()) {
        const result = (await run.result({ timeoutMs: 10_000 })) as { drawn: number[] };
        expect(result.drawn).toHaveLength((5 + index) * 3);
        const events = await client.runs.events(run.runId);
        const times = new Set(events.map((event) => event.timestamp));
        for (let at = 1; at < result.drawn.length; at += 3) {
          expect(times.has(result.drawn[at]!)).toBe(true);
        }
        expect(events.filter((event) => event.type === 'step.started')).toHaveLength(5 + index);
      }
    }
  });
});
