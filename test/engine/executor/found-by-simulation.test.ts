import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Executor } from '../../../src/executor/executor.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { createMembership } from '../../../src/runtime/local/membership.ts';
import { openMemoryStore } from '../../../src/storage/memory/memory-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { createManualClock } from './manual-clock.ts';
import { BACKENDS, gate, pause, until, useWorld } from './world.ts';

describe.each(BACKENDS)('what the simulation has found, on %s', (backend) => {
  const world = useWorld(backend);

  it('seed 74: a start that keeps no slot leaves it to the run it has made', async () => {
    const gated = workflow({ name: 'gated', concurrency: { limit: 1 } }, async () => 'done');
    const client = await world.open({ worker: { concurrency: 1 } });
    const run = await client.start(gated);
    expect(await run.result({ timeoutMs: 5000 })).toBe('done');
  });

  it('seed 74: neither does one that finds its key taken', async () => {
    const quick = workflow({ name: 'quick' }, async (n: number) => n);
    const client = await world.open({ worker: { concurrency: 1 } });
    const options = { idempotencyKey: 'k' };
    const runs = await Promise.all([
      client.start(quick, 1, options),
      client.start(quick, 1, options),
      client.start(quick, 2),
    ]);
    const results = await Promise.all(runs.map((run) => run.result({ timeoutMs: 5000 })));
    expect(results).toEqual([1, 1, 2]);
  });

  it('seed 305: a timer that is due while its run is being released is not forgotten', async () => {
    const seen = gate();
    const brief = step({ name: 'brief' }, () => seen.promise);
    const both = workflow({ name: 'both' }, async () => {
      await Promise.all([brief(), sleep('20ms')]);
      return 'done';
    });
    const slowly = (store: Store): Store => ({
      ...store,
      async readArrivals(...args) {
        const arrivals = await store.readArrivals(...args);
        // On its way back the run finds nothing more to do here, and is released.
        if (arrivals.dueTimers.length > 0) seen.open();
        await pause(50);
        return arrivals;
      },
    });
    const client = await world.open({}, { wrap: slowly });
    const run = await client.start(both);
    expect(await run.result({ timeoutMs: 5000 })).toBe('done');
  });

  it('seed 239: a run whose beginning was written unseen does not stay with a worker that does not know of it', async () => {
    const brief = step({ name: 'brief' }, async () => 'done');
    const only = workflow({ name: 'only' }, () => brief());
    let broken = true;
    const losing = (store: Store): Store => ({
      ...store,
      async commit(batch) {
        const results = await store.commit(batch);
        if (!broken) return results;
        broken = false;
        throw new StoreError('the connection broke before the answer');
      },
    });
    const options = { idempotencyKey: 'k' };
    const client = await world.open({}, { wrap: losing });
    await expect(client.start(only, undefined, options)).rejects.toThrow('before the answer');
    const other = await world.open();
    const run = await other.start(only, undefined, options);
    expect(run.alreadyStarted).toBe(true);
    expect(await run.result({ timeoutMs: 5000 })).toBe('done');
  });
});

it('seed 32: a worker whose lease had run out when it was looked at may be alive again', async () => {
  const clock = createManualClock();
  const store = openMemoryStore();
  const now = clock.now();
  const facts = { name: 'w', host: 'elsewhere', pid: 1, processKey: null, startedAt: now };
  await store.registerWorker({ ...facts, workerId: 'worker_late', expiresAt: now - 1 });
  let looked = 0;
  const membership = createMembership(
    { store, clock } as unknown as Executor,
    'worker_own',
    1000,
    () => void looked++,
  );
  membership.lookForDeadWorkers(async () => true);
  await until(() => looked > 0);
  // The store sees for itself whose lease has run out; to claim by an old look would rob the living.
  expect(membership.deadWorkers()).toEqual([]);
  await membership.leave();
});
