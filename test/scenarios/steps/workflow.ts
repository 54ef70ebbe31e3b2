import { step, workflow } from '../../../src/index.ts';

const price = step({ name: 'price' }, async (item: string) => item.length * 100);
const charge = step({ name: 'charge' }, async (order: { item: string; cents: number }) => ({
  receipt: `${order.item} for ${order.cents}`,
}));

export default workflow({ name: 'scenario.steps' }, async (items: string[]) => {
  const receipts: string[] = [];
  for (const item of items) {
    const cents = await price(item);
    receipts.push((await charge({ item, cents })).receipt);
  }
  return receipts;
});
