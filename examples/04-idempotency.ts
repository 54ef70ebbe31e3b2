import { createClient, step, WorkflowAlreadyRunningError, workflow } from 'pyworkflow';

let charges = 0;
const charge = step({ name: 'charge' }, async (amount: number) => {
  charges += 1;
  return amount;
});

const pay = workflow({ name: 'pay' }, async ({ amount }: { amount: number }) => charge(amount));

const client = await createClient({ storage: { backend: 'memory' } });
// Twenty requests for one payment, as a nervous finger or a retrying proxy sends them.
const runs = await Promise.all(
  Array.from({ length: 20 }, () =>
    client.start(pay, { amount: 10 }, { idempotencyKey: 'payment-7' }),
  ),
);
await Promise.all(runs.map((run) => run.result()));
console.log(new Set(runs.map((run) => run.runId)).size, 'run,', charges, 'charge');

try {
  await client.start(pay, { amount: 11 }, { idempotencyKey: 'payment-7' });
} catch (error) {
  if (error instanceof WorkflowAlreadyRunningError) console.log('refused:', error.message);
}
await client.close();
