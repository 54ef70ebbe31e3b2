import { createClient, sleep, step, workflow } from 'pyworkflow';

const fetchPrice = step({ name: 'fetchPrice' }, async (shop: string, price: number) => ({
  shop,
  price,
}));

const compare = workflow({ name: 'compare' }, async () => {
  const offers = await Promise.all([fetchPrice('a', 12), fetchPrice('b', 9), fetchPrice('c', 11)]);
  const best = offers.reduce((left, right) => (left.price <= right.price ? left : right));
  // Whoever comes first; the loser is forgotten, also when this is replayed.
  const answer = await Promise.race([fetchPrice('d', 8), sleep('5s').then(() => null)]);
  let total = 0;
  for (const offer of offers) total += (await fetchPrice(offer.shop, offer.price)).price;
  return { best: best.shop, answer: answer?.shop ?? 'nobody', total };
});

const client = await createClient({ storage: { backend: 'memory' } });
console.log(await (await client.start(compare)).result());
await client.close();
