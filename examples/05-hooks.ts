import {
  createClient,
  defineHook,
  HookExpiredError,
  hook,
  step,
  ValidationError,
  workflow,
} from 'pyworkflow';
import { z } from 'zod';

const approval = defineHook('approval', z.object({ approved: z.boolean(), by: z.string() }));

const notify = step({ name: 'notify' }, async (token: string) =>
  console.log('approve with', token.split(':')[1]),
);

const expense = workflow({ name: 'expense' }, async ({ amount }: { amount: number }) => {
  const waiting = approval({ timeout: '1h' });
  await notify(waiting.token);
  const { approved, by } = await waiting;
  try {
    await hook('accounting', { timeout: '50ms' });
  } catch (error) {
    if (!(error instanceof HookExpiredError)) throw error;
    return `${amount} ${approved ? 'approved' : 'refused'} by ${by}, accounting did not answer in time`;
  }
  return 'booked';
});

const client = await createClient({ storage: { backend: 'memory' } });
const run = await client.start(expense, { amount: 120 });

const token = `${run.runId}:hook_approval_1`;
while ((await client.hooks.list({ runId: run.runId })).items.length === 0) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
try {
  await client.hooks.resume(token, { approved: 'maybe' });
} catch (error) {
  if (error instanceof ValidationError)
    console.log('still waiting:', error.issues.map((issue) => issue.path).join(', '));
}
await client.hooks.resume(token, { approved: true, by: 'grace' });
console.log(await run.result());
await client.close();
