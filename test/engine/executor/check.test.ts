import { describe, expect, test } from 'vitest';
import type { CheckedRun, CheckRuns, Client } from '../../../src/client/client.ts';
import { hook } from '../../../src/primitives/hook.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { clearRegistry } from '../../../src/workflow/registry.ts';
import { BACKENDS, story, until, useWorld } from './world.ts';

const one = step({ name: 'one' }, async () => 1);
const two = step({ name: 'two' }, async () => 2);

async function all(client: Client, runs?: CheckRuns): Promise<CheckedRun[]> {
  const found: CheckedRun[] = [];
  for await (const checked of client.runs.check(runs)) found.push(checked);
  return found;
}

describe.each(BACKENDS)('runs.check on %s', (backend) => {
  const world = useWorld(backend);

  async function waiting(client: Client, name: string): Promise<string> {
    const run = await client.start(name);
    await until(async () => (await run.status()) === 'suspended');
    return run.runId;
  }

  function define() {
    workflow({ name: 'stays' }, async () => [await one(), await hook('go')]);
    workflow({ name: 'changes' }, async () => [await one(), await hook('go')]);
    workflow({ name: 'goes' }, async () => [await one(), await hook('go')]);
    workflow({ name: 'ends' }, async () => one());
  }

  test('tells which unfinished runs the code of today no longer fits, and touches nothing', async () => {
    define();
    const client = await world.open();
    const ids = {
      stays: await waiting(client, 'stays'),
      changes: await waiting(client, 'changes'),
      goes: await waiting(client, 'goes'),
    };
    const ended = await client.start('ends');
    await ended.result();
    const before = await story(client, ids.changes);

    expect((await all(client)).map(({ verdict }) => verdict.kind)).toEqual(['ok', 'ok', 'ok']);
    clearRegistry();
    workflow({ name: 'stays' }, async () => [await one(), await hook('go')]);
    workflow({ name: 'changes' }, async () => [await two(), await hook('go')]);
    workflow({ name: 'ends' }, async () => [await one(), 'more']);

    const found = new Map((await all(client)).map((checked) => [checked.workflowName, checked]));
    expect([...found.keys()].sort()).toEqual(['changes', 'goes', 'stays']);
    expect(found.get('stays')).toEqual({
      runId: ids.stays,
      workflowName: 'stays',
      status: 'suspended',
      verdict: { kind: 'ok' },
    });
    expect(found.get('goes')?.verdict).toEqual({ kind: 'unknown_workflow' });
    expect(found.get('changes')?.verdict).toMatchObject({
      kind: 'divergence',
      divergence: {
        sequence: 2,
        recorded: "step 'one' (step_one_1)",
        requested: "step 'two' (step_two_1)",
        source: expect.stringContaining('check.test.ts:'),
      },
    });
    expect(await story(client, ids.changes)).toEqual(before);
    expect((await client.runs.get(ids.changes)).status).toBe('suspended');

    expect(await all(client, { ids: [ended.runId] })).toMatchObject([
      {
        status: 'completed',
        verdict: { kind: 'other_result', recorded: 1, replayed: [1, 'more'] },
      },
    ]);
    expect(await all(client, { workflowName: 'stays' })).toHaveLength(1);
  });

  test('histories from elsewhere are checked without a store', async () => {
    define();
    const client = await world.open();
    const runId = await waiting(client, 'changes');
    const events = await client.runs.events(runId);
    clearRegistry();
    workflow({ name: 'changes' }, async () => hook('go'));
    const histories = [{ runId: 'run_elsewhere', workflowName: 'changes', events }];
    expect(await all(client, { histories })).toMatchObject([
      { runId: 'run_elsewhere', status: null, verdict: { kind: 'divergence' } },
    ]);
  });

  test('goes through any number of runs, or as many as asked for', async () => {
    workflow({ name: 'many' }, async () => hook('go'));
    const client = await world.open();
    await Promise.all(
      Array.from({ length: 230 }, () => client.start('many', undefined, { detach: true })),
    );
    const ids = new Set((await all(client)).map(({ runId }) => runId));
    expect(ids.size).toBe(230);
    expect(await all(client, { limit: 105 })).toHaveLength(105);
  });
});
