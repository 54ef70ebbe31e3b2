import { expect, test } from 'vitest';
import { hook, sleep, step, workflow } from '../../src/index.ts';
import '../../src/testing/vitest.ts';
import { useEnvironment } from './use-environment.ts';

const environment = useEnvironment();

test('matchers say what is so, and what is not', async () => {
  const env = await environment();
  const pack = step({ name: 'pack' }, async () => 1);
  const wf = workflow({ name: 'packing' }, async () => {
    await pack();
    await pack();
    await sleep('2h');
    await hook('pickup');
  });
  const run = await env.start(wf);
  await env.advance('3h');
  await expect(run).toHaveStatus('suspended');
  await expect(run).toBeWaitingForHook('pickup');
  await expect(run).toHaveCompletedStep('pack');
  await expect(run).toHaveCompletedStep('pack', 2);
  await expect(run).toHaveSlept('2h');
  await expect(run).not.toHaveCompletedStep('ship');
  await expect(run).not.toHaveStatus('completed');
  const message = (promise: Promise<void>) => promise.catch((error: Error) => error.message);
  expect(await message(expect(run).toHaveCompletedStep('pack', 3))).toBe(
    `expected run ${run.runId} of workflow 'packing' to have completed step 'pack' 3 times: it did 2 times; its completed steps: pack, pack`,
  );
  expect(await message(expect(run).toHaveSlept('1h'))).toContain('it slept 2h in 1 sleeps');
  expect(await message(expect(run).toBeWaitingForHook('x'))).toContain(
    "its waiting hooks: 'pickup'",
  );
  expect(await message(expect({}).toHaveStatus('completed'))).toContain('the handle of a run');
});
