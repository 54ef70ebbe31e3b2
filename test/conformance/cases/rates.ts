import { expect, test } from 'vitest';
import type { Store } from '../../../src/storage/store.ts';
import { NOW, numbers } from '../fixtures.ts';
import type { Harness } from '../harness.ts';

const PERIOD = 1_000;

export function rateCases({ fresh }: Harness): void {
  /** Books at the given instants, in order; returns the places relative to the first instant. */
  async function book(store: Store, limit: number, instants: readonly number[], name = 'mail') {
    const places: number[] = [];
    for (const at of instants) {
      const place = await store.reserve({ name, limit, periodMs: PERIOD, now: NOW + at });
      places.push(place - NOW);
    }
    return places;
  }

  function mostWithin(places: readonly number[]): number {
    const within = (from: number) =>
      places.filter((place) => place >= from && place < from + PERIOD).length;
    return Math.max(...places.map(within));
  }

  test('as many as the limit at once; the next a period later, and evenly from there', async () => {
    const { store } = await fresh();
    const places = await book(store, 4, numbers(12).fill(0));
    expect(places).toEqual([0, 0, 0, 0, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 2750]);
  });

  test('a limit of one keeps its distance', async () => {
    const { store } = await fresh();
    expect(await book(store, 1, [0, 0, 10, 2500, 2600, 9000])).toEqual([
      0, 1000, 2000, 3000, 4000, 9000,
    ]);
  });

  test('who comes slowly enough never waits', async () => {
    const { store } = await fresh();
    const instants = numbers(20).map((index) => index * 400);
    expect(await book(store, 3, instants)).toEqual(instants);
  });

  test('after a quiet period there is room for all of them again', async () => {
    const { store } = await fresh();
    await book(store, 3, numbers(7).fill(0));
    expect(await book(store, 3, [5000, 5000, 5000, 5000])).toEqual([5000, 5000, 5000, 6000]);
  });

  test('a limit that does not divide the period is kept, to the millisecond', async () => {
    const { store } = await fresh();
    const places = await book(store, 3, numbers(31).fill(0));
    expect(mostWithin(places)).toBe(3);
    expect(places.slice(0, 7)).toEqual([0, 0, 0, 1000, 1333, 1666, 2000]);
    expect(places.at(-1)).toBe(10_000);
  });

  test.each([1, 2, 3, 7, 20])('no period ever holds more than %i', async (limit) => {
    const { store } = await fresh();
    let [seed, now] = [limit, 0];
    const instants = numbers(60).map(() => {
      seed = (seed * 48_271) % 2_147_483_647;
      now += seed % 5 === 0 ? seed % 900 : seed % 60;
      return now;
    });
    const places = await book(store, limit, instants);
    expect(mostWithin(places)).toBeLessThanOrEqual(limit);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    for (const [index, place] of places.entries()) {
      expect(place).toBeGreaterThanOrEqual(instants[index]!);
    }
  });

  test('a clock that is behind books after those who were there before', async () => {
    const { store, other } = await fresh();
    expect(await book(store, 2, [500])).toEqual([500]);
    expect(await book(other, 2, [0, 0, 0])).toEqual([500, 1500, 2000]);
  });

  test('limits of different names do not know of each other', async () => {
    const { store, other } = await fresh();
    for (const name of ['a', 'A', '', 'ä', '\ud800', '\ud801', '\ufffd']) {
      expect(await book(store, 1, [0], name)).toEqual([0]);
      expect(await book(other, 1, [0], name)).toEqual([1000]);
    }
  });

  test('a limit that changes holds from the next booking on', async () => {
    const { store } = await fresh();
    await book(store, 2, [0, 0]);
    expect(await book(store, 4, [0, 0])).toEqual([0, 0]);
    expect(await book(store, 1, [0, 0])).toEqual([1000, 2000]);
  });

  test('of many who book at once, each gets a place of its own', async () => {
    const { store, other } = await fresh();
    const places = await Promise.all(
      numbers(40).map((index) => book(index % 2 === 0 ? store : other, 5, [0])),
    );
    const sorted = places.flat().toSorted((a, b) => a - b);
    expect(sorted).toEqual([...numbers(5).fill(0), ...numbers(35, 0).map((n) => 1000 + n * 200)]);
  });
}
