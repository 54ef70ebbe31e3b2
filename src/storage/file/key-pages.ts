import type { Page } from '../store.ts';

/**
 * A page of what is numbered from 1 on, the newest first; the cursor is the number of the last one,
 * which nothing changes.
 * @param show null for what does not belong on the page
 */
export function pageByKey(
  newest: number,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  show: (key: number) => number | null,
): Page<number> {
  const items: number[] = [];
  for (let key = firstKey(newest, cursor); key >= 1; key--) {
    if (show(key) === null) continue;
    const last = items.at(-1);
    if (items.length >= limit) return { items, nextCursor: last === undefined ? null : `${last}` };
    items.push(key);
  }
  return { items, nextCursor: null };
}

/** An unreadable cursor gives an empty page rather than the first one. */
function firstKey(newest: number, cursor: string | undefined): number {
  if (cursor === undefined) return newest;
  return /^\d+$/.test(cursor) ? Math.min(newest, Number(cursor) - 1) : 0;
}
