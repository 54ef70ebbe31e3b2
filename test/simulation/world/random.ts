/** Everything that is left to chance in a simulation comes from one of these, and so from its seed. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** 0 … limit - 1. */
  int(limit: number): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** One of its own: how often it is asked does not change what others draw. */
  fork(): Random;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  // splitmix32
  function next(): number {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  const int = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    int,
    between: (low, high) => low + int(high - low + 1),
    chance: (probability) => next() < probability,
    pick: (items) => items[int(items.length)] as (typeof items)[number],
    fork: () => createRandom(Math.floor(next() * 2 ** 32)),
  };
}
