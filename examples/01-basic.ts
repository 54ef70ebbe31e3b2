import { createClient, step, workflow } from 'pyworkflow';

const validateOrder = step({ name: 'validateOrder' }, async (orderId: string) => {
  if (!orderId.startsWith('ORD-')) throw new Error(`'${orderId}' is no order`);
  return { orderId, valid: true };
});

const chargeCard = step({ name: 'chargeCard' }, async (orderId: string, amount: number) => ({
  orderId,
  charged: amount,
}));

const ship = step({ name: 'ship' }, async (orderId: string) => `parcel for ${orderId}`);

const processOrder = workflow(
  { name: 'processOrder' },
  async ({ orderId, amount }: { orderId: string; amount: number }) => {
    await validateOrder(orderId);
    const payment = await chargeCard(orderId, amount);
    return { payment, parcel: await ship(orderId) };
  },
);

const client = await createClient({ storage: { backend: 'memory' } });
const run = await client.start(processOrder, { orderId: 'ORD-1', amount: 99.99 });
console.log(await run.result());
for (const event of await client.runs.events(run.runId)) console.log(event.sequence, event.type);
await client.close();
