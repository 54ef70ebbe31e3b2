import { beforeEach, describe, expect, it } from 'vitest';
import { hook } from '../../src/primitives/hook.ts';
import { reportProgress } from '../../src/primitives/report-progress.ts';
import { shield } from '../../src/primitives/shield.ts';
import { sleep } from '../../src/primitives/sleep.ts';
import { startChildWorkflow } from '../../src/primitives/start-child-workflow.ts';
import { getContext } from '../../src/workflow/context.ts';
import { step } from '../../src/workflow/define-step.ts';
import { workflow } from '../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';
import { useCliWorld } from './cli-world.ts';
import { NOW } from './run-cli.ts';

const world = useCliWorld();

async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; !(await check()); tries++) {
    if (tries > 400) throw new Error('it never came true');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Starts a workflow and waits until it has come to rest. */
async function startUntil(name: string, status: string, input?: unknown): Promise<string> {
  const run = await world.client.start(name, input);
  run.result().catch(() => {});
  await until(async () => (await run.status()) === status);
  return run.runId;
}

const explain = (id: string, ...flags: string[]) => world.run(['runs', 'explain', id, ...flags]);

/** The screen below its first line. */
async function screen(id: string): Promise<string[]> {
  const { stdout, stderr, exitCode } = await explain(id);
  expect([stderr, exitCode]).toEqual(['', 0]);
  return stdout.trimEnd().split('\n').slice(2);
}

const fail = step({ name: 'charge', maxRetries: 3, retryDelay: '1h' }, async () => {
  throw new Error('no money');
});

beforeEach(() => {
  workflow({ name: 'sleeps' }, async () => sleep('2h'));
  workflow({ name: 'waits' }, async () => hook('approval', { timeout: '1d' }));
  workflow({ name: 'retries' }, async () => fail());
  workflow({ name: 'parent' }, async () => startChildWorkflow('sleeps' as never));
});

describe('runs explain', () => {
  it('a run that sleeps', async () => {
    const id = await startUntil('sleeps', 'suspended');
    const { stdout } = await explain(id);
    expect(stdout).toBe(
      [
        `${id}  sleeps  ⏸ suspended, last change now`,
        '',
        '⏸ It sleeps 2h until 2026-11-22T14:00:00.000Z (in 2h)',
        '',
      ].join('\n'),
    );
  });

  it('a run that waits for a hook, with the command that answers it', async () => {
    const id = await startUntil('waits', 'suspended');
    expect(await screen(id)).toEqual([
      '⏸ It waits for the hook approval, until 2026-11-23T12:00:00.000Z (in 1d)',
      `    $ pyworkflow hooks resume ${id}:hook_approval_1`,
      `    $ pyworkflow hooks info ${id}:hook_approval_1`,
    ]);
    const plain = await explain(id, '--output', 'plain');
    expect(plain.stdout).toBe(
      `${id}\thook\tIt waits for the hook approval, until 2026-11-23T12:00:00.000Z (in 1d)\tpyworkflow hooks resume ${id}:hook_approval_1\n`,
    );
  });

  it('a step that is tried again, with its last error', async () => {
    const id = await startUntil('retries', 'suspended');
    expect(await screen(id)).toEqual([
      '⏸ Step charge is tried again at 2026-11-22T13:00:00.000Z (in 1h): attempt 2 of 4',
      '    last error  Error: no money',
      `    $ pyworkflow runs logs ${id} --filter step`,
    ]);
  });

  it('a child, and why the child is where it is', async () => {
    const id = await startUntil('parent', 'suspended');
    await until(async () => {
      const [child] = (await world.client.runs.list({ parentRunId: id })).items;
      return child?.status === 'suspended';
    });
    const [child] = (await world.client.runs.list({ parentRunId: id })).items;
    expect(await screen(id)).toEqual([
      `⏸ It waits for its child sleeps ${child?.runId}, which is suspended`,
      '    the child: It sleeps 2h until 2026-11-22T14:00:00.000Z (in 2h)',
      `    $ pyworkflow runs explain ${child?.runId}`,
    ]);
  });

  it('a run behind a gate', async () => {
    workflow({ name: 'one', concurrency: { limit: 1 } }, async () => sleep('1h'));
    const first = await startUntil('one', 'suspended');
    const second = await world.client.start('one');
    expect(await screen(second.runId)).toEqual([
      '⏸ It waits at the gate workflow:one: 1 of 1 places taken',
      `    behind  ${first}`,
      `    $ pyworkflow runs explain ${first}`,
      `    $ pyworkflow runs wait ${first}`,
    ]);
  });

  it('a run that nobody takes', async () => {
    const { runId } = await world.client.start('sleeps', undefined, { detach: true });
    world.now = NOW + 180_000;
    expect(await screen(runId)).toEqual([
      '! It is ready since 3m, and no worker is alive',
      '    $ pyworkflow worker run',
    ]);
    await world.store.registerWorker(worker({ expiresAt: world.now + 10_000 }));
    expect(await screen(runId)).toEqual([
      '! It is ready since 3m, and no worker takes it',
      '    alive  box:7',
      '    They are busy, or do not serve sleeps (--workflow, or another module).',
      '    $ pyworkflow worker status',
      '    $ pyworkflow worker run --workflow sleeps',
    ]);
    world.now = NOW + 3_600_000;
    expect(await screen(runId)).toEqual([
      '! It is ready since 1h, and no worker is alive',
      '    silent  box:7 (box, pid 7): its leases ran out 56m 50s ago',
      '    $ pyworkflow worker run',
    ]);
  });

  it('a run that works: who holds it and which step runs', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const long = step({ name: 'long' }, async () => held);
    workflow({ name: 'works', maxDuration: '1h' }, async () => {
      reportProgress(3, 10, 'sending');
      await long();
    });
    const id = await startUntil('works', 'running');
    await until(async () => (await world.client.runs.events(id)).length > 1);
    world.now = NOW + 5000;
    const { stdout } = await explain(id);
    expect(stdout.replace(/worker [\w.-]+:\d+/, 'worker X')).toBe(
      [
        `${id}  works  ● running, last change 5s ago`,
        '███░░░░░░░ 3/10 sending',
        '',
        '● Step long runs, begun 5s ago',
        `    $ pyworkflow runs logs ${id} --follow`,
        '● It is held by worker X, last event 5s ago',
        '● It fails unless it has ended by 2026-11-22T13:00:00.000Z (in 60m, its maxDuration)',
        '',
      ].join('\n'),
    );
    release();
  });

  it('a run that was asked to stop and goes on', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const deaf = step({ name: 'deaf' }, async () => held);
    workflow({ name: 'stubborn' }, async () => deaf().catch(() => shield(() => deaf())));
    const id = await startUntil('stubborn', 'running');
    await world.client.runs.cancel(id, { reason: 'enough', requestedBy: 'me' });
    await until(async () =>
      (await world.client.runs.events(id)).some(({ type }) => type === 'cancellation.requested'),
    );
    expect((await screen(id)).slice(0, 2)).toEqual([
      '⏸ It was asked to stop now by me: enough',
      expect.stringMatching(/^ {4}(A step still runs|Its code cleans up)/),
    ]);
    release();
  });

  it('a parked run: both sides and the line', async () => {
    workflow({ name: 'changes' }, async () => {
      await sleep('1h');
    });
    const id = await startUntil('changes', 'suspended');
    clearRegistry();
    const other = step({ name: 'other' }, async () => 1);
    workflow({ name: 'changes' }, async () => other());
    const divergence = {
      sequence: 2,
      recorded: 'sleep 1h',
      requested: 'step other',
      source: '/project/changes.ts:3:9',
    };
    await park(id, 'non_determinism', divergence);
    expect(await screen(id)).toEqual([
      '! It is parked: its code no longer fits its history at event 2',
      '    recorded   sleep 1h',
      '    requested  step other',
      '    at         /project/changes.ts:3:9',
      '    Restore the old order of calls, or guard the new one with patched(),',
      '    then resume it; or fork it from the last step that still fits.',
      `    $ pyworkflow workflows check changes --run ${id}`,
      `    $ pyworkflow runs resume ${id}`,
      `    $ pyworkflow runs logs ${id}`,
    ]);
    expect(await world.json(['runs', 'explain', id])).toMatchObject({
      run_id: id,
      workflow_name: 'changes',
      status: 'interrupted',
      summary: 'It is parked: its code no longer fits its history at event 2',
      findings: [{ kind: 'parked_divergence', commands: expect.any(Array) }],
      progress: null,
      parent_run_id: null,
    });
  });

  it('a run that is over', async () => {
    workflow({ name: 'fails' }, async () => {
      await step({ name: 'pay', maxRetries: 0 }, async () => {
        throw new Error('no money');
      })();
    });
    const failed = await startUntil('fails', 'failed');
    expect(await screen(failed)).toEqual([
      "! It failed now: StepFailedError: Step 'pay' failed after 1 attempt: no money",
      `    $ pyworkflow runs fork ${failed}`,
      `    $ pyworkflow runs logs ${failed} --filter failed`,
    ]);
    workflow({ name: 'ends' }, async () => getContext().runId);
    const done = await startUntil('ends', 'completed');
    expect(await screen(done)).toEqual([
      '● It has completed now',
      `    $ pyworkflow runs status ${done}`,
    ]);
  });

  it('no run at all', async () => {
    const { stdout, stderr, exitCode } = await explain('nope');
    expect([stdout, exitCode]).toEqual(['', 4]);
    expect(stderr).toContain("✗ There is no run 'nope'");
  });
});

describe('runs status', () => {
  it('says where a run stands among others, and what it waits for', async () => {
    const id = await startUntil('parent', 'suspended');
    const { stdout } = await world.run(['runs', 'status', id]);
    expect(stdout).toContain('Children  1\n');
    expect(stdout).toMatch(/Waiting {3}It waits for its child sleeps run_/);
    expect(await world.json(['runs', 'status', id])).toMatchObject({
      children_count: 1,
      chain: [id],
      waiting_on: [{ kind: 'child', message: expect.stringContaining('its child sleeps') }],
    });
  });
});

function worker({ expiresAt }: { expiresAt: number }) {
  return {
    ...{ workerId: 'worker_7', name: 'box:7', host: 'box', pid: 7, processKey: null },
    ...{ startedAt: NOW, expiresAt },
  };
}

/** As the engine does when code and history no longer fit. */
async function park(runId: string, reason: string, details: object): Promise<void> {
  const at = world.now;
  world.now += 3_600_000_000;
  await world.store.registerWorker(worker({ expiresAt: world.now + 10_000 }));
  const [claim] = await world.store.claim({
    ...{ workerId: 'worker_7', now: world.now, limit: 1, workflows: null, scope: 'all' },
    ...{ runIds: [runId], deadWorkers: [] },
  });
  if (claim === undefined) throw new Error('nothing to claim');
  const data = {
    ...{ reason, worker_id: null, last_event_sequence: claim.sequence, error: 'changed' },
    ...{ recovery_attempt: 0, recoverable: true, details },
  };
  await world.store.commit([
    {
      op: 'advance',
      lease: claim.lease,
      expectedSequence: claim.sequence,
      events: [{ type: 'workflow.interrupted', timestamp: at, data: JSON.stringify(data) }],
      run: {
        status: 'interrupted',
        updatedAt: at,
        error: { name: 'NonDeterminismError', message: 'x' },
      },
      release: 'park',
    } as never,
  ]);
  world.now = at;
}
