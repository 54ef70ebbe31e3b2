import { createClient, reportProgress, sleep, step, workflow } from 'pyworkflow';

const order: string[] = [];
const charge = step(
  { name: 'charge', rateLimit: { limit: 50, per: '1s' } },
  async (customer: string, n: number) => void order.push(`${customer}${n}`),
);

interface Order {
  readonly customer: string;
  readonly n: number;
}

// Ten at a time, and the orders of one customer one after the other.
const handleOrder = workflow(
  {
    name: 'handleOrder',
    concurrency: { limit: 10, perKey: 1, key: ({ customer }: Order) => customer },
  },
  async ({ customer, n }: Order) => {
    reportProgress(0, 2, 'charging');
    await charge(customer, n);
    await sleep('10ms');
    reportProgress(2, 2);
  },
);

const client = await createClient({ storage: { backend: 'memory' } });
const orders = [1, 2, 3].flatMap((n) => ['ada', 'bob'].map((customer) => ({ customer, n })));
const runs = [];
for (const one of orders) runs.push(await client.start(handleOrder, one));
await Promise.all(runs.map((run) => run.result()));
console.log(order.filter((entry) => entry.startsWith('ada')).join(' '));
await client.close();
