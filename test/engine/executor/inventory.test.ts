import { describe, expect, it } from 'vitest';
import { hook } from '../../../src/primitives/hook.ts';
import { sleep } from '../../../src/primitives/sleep.ts';
import { getContext } from '../../../src/workflow/context.ts';
import { step } from '../../../src/workflow/define-step.ts';
import { workflow } from '../../../src/workflow/define-workflow.ts';
import { BACKENDS, errorOf, until, useWorld } from './world.ts';

/** Defects of the ancestor that no other test is about; the rest name theirs where they are. */
describe.each(BACKENDS)('what the ancestor did wrong, on %s', (backend) => {
  const world = useWorld(backend);

  it('an early wake-up ends neither a sleep nor a wait for a retry (inventory 11.2, 11.3)', async () => {
    const flaky = step({ name: 'flaky', retryDelay: '300ms' }, async () => {
      if (getContext().kind === 'step' && attempts++ === 0) throw new Error('the first time');
      return 'done';
    });
    let attempts = 0;
    const wf = workflow({ name: 'wf' }, async () =>
      Promise.all([sleep({ milliseconds: 250.5 }), flaky(), hook<string>('early')]),
    );
    const client = await world.open();
    const run = await client.start(wf);
    await until(async () => (await run.status()) === 'suspended');
    const [waiting] = (await client.hooks.list({ runId: run.runId })).items;
    await client.hooks.resume(waiting!.token, 'now');
    expect(await run.result()).toEqual([undefined, 'done', 'now']);
    const events = await client.runs.events(run.runId);
    const at = (type: string) => events.findLast((event) => event.type === type)!;
    for (const [asked, done] of [
      ['sleep.started', 'sleep.completed'],
      ['step.retrying', 'step.started'],
    ] as const) {
      const due = Date.parse((at(asked).data as { resume_at: string }).resume_at);
      expect(at(done).timestamp).toBeGreaterThanOrEqual(due);
    }
  });

  it('a finished run is not executed again by resuming it (inventory 11.19)', async () => {
    let executed = 0;
    const once = step({ name: 'once' }, async () => void executed++);
    const wf = workflow({ name: 'wf' }, async (fail: boolean) => {
      await once();
      if (fail) throw new Error('over');
    });
    const client = await world.open();
    for (const fail of [false, true]) {
      const run = await client.start(wf, fail);
      await run.result().catch(() => {});
      const before = await client.runs.events(run.runId);
      expect((await client.runs.resume(run.runId)).status).toBe(fail ? 'failed' : 'completed');
      expect(await client.runs.events(run.runId)).toEqual(before);
    }
    expect(executed).toBe(2);
  });

  it('every end and every first run has its time (inventory 11.17)', async () => {
    const wf = workflow({ name: 'wf' }, async (how: string) => {
      if (how === 'fail') throw new Error('no');
      if (how === 'wait') await sleep('1h');
    });
    const client = await world.open();
    for (const how of ['fail', 'complete', 'wait']) {
      const run = await client.start(wf, how);
      if (how === 'wait') await run.cancel();
      await (how === 'complete' ? run.result() : errorOf(run.result()));
      const { startedAt, completedAt } = await client.runs.get(run.runId);
      expect(startedAt).not.toBeNull();
      expect(completedAt).toBeGreaterThanOrEqual(startedAt!);
    }
  });
});
