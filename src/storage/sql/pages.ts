import type { Page } from '../store.ts';

/** @param rows one more than `limit` if there is a further page */
export function pageOf<Row extends { readonly id: number }, T>(
  rows: readonly Row[],
  limit: number,
  map: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(map),
    nextCursor: rows.length > limit && last !== undefined ? String(last.id) : null,
  };
}

/** An unreadable cursor gives an empty page rather than the first one. */
export function cursorId(cursor: string): number {
  return /^\d+$/.test(cursor) ? Math.min(Number(cursor), Number.MAX_SAFE_INTEGER) : 0;
}
