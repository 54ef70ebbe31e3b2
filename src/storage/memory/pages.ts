import type { Page } from '../store.ts';

/** @param all the one with key n at n - 1. */
export function pageOf<T extends { readonly key: number }>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  matches: (item: T) => boolean,
): Page<T> {
  const items: T[] = [];
  for (let key = firstKey(all.length, cursor); key >= 1; key--) {
    const item = all[key - 1] as T;
    if (!matches(item)) continue;
    if (items.length >= limit) return { items, nextCursor: cursorOf(items) };
    items.push(item);
  }
  return { items, nextCursor: null };
}

/** An unreadable cursor gives an empty page rather than the first one. */
function firstKey(newest: number, cursor: string | undefined): number {
  if (cursor === undefined) return newest;
  return /^\d+$/.test(cursor) ? Math.min(newest, Number(cursor) - 1) : 0;
}

function cursorOf(items: readonly { readonly key: number }[]): string | null {
  const last = items.at(-1);
  return last === undefined ? null : String(last.key);
}
