import { numberOf, type Wire } from './wire.ts';

/**
 * The first of `count` numbers that nobody else gets: the order of creation. One item counts for the
 * whole table, asked once a batch.
 */
export async function takeNumbers(wire: Wire, count: number): Promise<number> {
  if (count === 0) return 0;
  const item = await wire.update({ pk: 'meta', sk: 'numbers' }, { add: { last: count } });
  return numberOf(item ?? {}, 'last') - count + 1;
}
