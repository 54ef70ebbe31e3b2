import type { Page } from '../store.ts';
import type { Condition } from './wire.ts';

export const EMPTY: Page<never> = { items: [], nextCursor: null };

/** Below which number a page begins; null for a cursor that is none of ours: an empty page. */
export function numberIn(cursor: string | undefined): number | null {
  if (cursor === undefined) return Number.MAX_SAFE_INTEGER;
  return /^\d{1,15}$/.test(cursor) ? Number(cursor) : null;
}

export function beforeCursor(before: number): Condition {
  return { text: '#k < :before', values: { ':before': before } };
}

/** Reads on until the page is full and it is known whether there is more. */
export async function pageOf<T extends { readonly n: number }>(
  found: AsyncIterable<T>,
  limit: number,
  matches: (item: T) => boolean | Promise<boolean>,
): Promise<Page<T>> {
  const items: T[] = [];
  for await (const item of found) {
    if (!(await matches(item))) continue;
    if (items.length >= limit) return { items, nextCursor: cursorOf(items) };
    items.push(item);
  }
  return { items, nextCursor: null };
}

function cursorOf(items: readonly { readonly n: number }[]): string | null {
  const last = items.at(-1);
  return last === undefined ? null : String(last.n);
}
