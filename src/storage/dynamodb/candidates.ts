import type { Connection } from './connection.ts';
import type { IndexName } from './keys.ts';
import type { Root } from './root.ts';
import { type Condition, type Item, numberOf, textOf } from './wire.ts';

export interface Candidate {
  readonly pk: string;
  readonly sk: string;
  /** By what it is found: a number in the order of creation, or an instant. */
  readonly at: number;
}

export interface Search {
  readonly index: IndexName;
  /** Its partitions. */
  readonly hashes: readonly string[];
  /** The attribute that sorts it. */
  readonly by: 'n' | 'd' | 'oa';
  readonly where?: Condition;
  readonly descending?: boolean;
  /** Items a request. */
  readonly page?: number;
}

/** What an index says, over all its partitions in order. It may lag behind: look at the roots. */
export async function* search(
  { shared: { wire } }: Connection,
  { index, hashes, by, where, descending = false, page = 100 }: Search,
): AsyncGenerator<Candidate> {
  const streams = hashes.map((hash) =>
    flat(wire.query({ index, hash, descending, limit: page, ...(where && { where }) })),
  );
  const heads = await Promise.all(streams.map((stream) => stream.next()));
  try {
    for (;;) {
      let best = -1;
      for (const [at, head] of heads.entries()) {
        if (head.done) continue;
        const other = heads[best];
        const [mine, theirs] = [head.value, other?.done === false ? other.value : null];
        const order = theirs === null ? -1 : numberOf(mine, by) - numberOf(theirs, by);
        if (descending && theirs !== null ? order > 0 : order < 0) best = at;
      }
      const found = heads[best];
      if (found === undefined || found.done) return;
      const item = found.value;
      yield { pk: textOf(item, 'pk'), sk: textOf(item, 'sk'), at: numberOf(item, by) };
      heads[best] = await (streams[best] as AsyncGenerator<Item>).next();
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}

async function* flat(pages: AsyncGenerator<Item[]>): AsyncGenerator<Item> {
  for await (const page of pages) yield* page;
}

/** What this connection itself wrote so lately that an index may not know of it, in order. */
export function recently(
  { recent }: Connection,
  by: 'n' | 'd',
  matches: (index: Root['index']) => boolean,
): Candidate[] {
  const found: Candidate[] = [];
  for (const [pk, { index }] of recent) {
    if (matches(index)) found.push({ pk, sk: '@', at: index[by] ?? 0 });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** Each once, those of `first` where they belong by their order. */
export async function* together(
  first: readonly Candidate[],
  others: AsyncGenerator<Candidate>,
): AsyncGenerator<Candidate> {
  const seen = new Set<string>();
  let at = 0;
  for await (const other of others) {
    for (let own = first[at]; own !== undefined && own.at <= other.at; own = first[++at]) {
      if (seen.has(own.pk)) continue;
      seen.add(own.pk);
      yield own;
    }
    if (seen.has(other.pk)) continue;
    seen.add(other.pk);
    yield other;
  }
  for (let own = first[at]; own !== undefined; own = first[++at]) if (!seen.has(own.pk)) yield own;
}

/** In portions, so that their roots can be read together. */
export async function* portions<T>(items: AsyncIterable<T>, size: () => number) {
  let portion: T[] = [];
  for await (const item of items) {
    portion.push(item);
    if (portion.length < size()) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}
