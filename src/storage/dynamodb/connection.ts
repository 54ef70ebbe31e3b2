import type { Shared } from './resolve.ts';
import type { Root } from './root.ts';
import type { RootChange } from './transact.ts';

/** One connection's own knowledge. */
export interface Connection {
  readonly shared: Shared;
  /** Roots of runs that are held here, as this connection has left them. */
  readonly cache: Map<string, Root>;
  /** What was written here a moment ago: indices may not know of it yet. */
  readonly recent: Map<string, { readonly at: number; readonly index: Root['index'] }>;
  committed(first: Root, changes: readonly RootChange[]): void;
  /** Tidying up that nobody waits for. */
  later(work: Promise<unknown>): void;
  /** Waits for what nobody has waited for. */
  settle(): Promise<void>;
}

/** So long an index may lag behind, milliseconds. */
const LAG_MS = 5_000;

export function createConnection(shared: Shared, onCommit: () => void): Connection {
  const cache = new Map<string, Root>();
  const recent: Connection['recent'] = new Map();
  const open = new Set<Promise<unknown>>();

  function remember({ root: { pk }, index }: RootChange, at: number): void {
    recent.delete(pk);
    if (index.r !== undefined || index.t !== undefined || index.o !== undefined) {
      recent.set(pk, { at, index });
    }
  }

  return {
    shared,
    cache,
    recent,
    committed(first, changes) {
      const now = performance.now();
      for (const [pk, { at }] of recent) {
        if (at + LAG_MS > now) break;
        recent.delete(pk);
      }
      for (const change of changes) remember(change, now);
      if (first.index.o !== undefined) cache.set(first.pk, first);
      onCommit();
    },
    later(work) {
      const one = work.catch(() => {}).finally(() => open.delete(one));
      open.add(one);
    },
    async settle() {
      await Promise.all(open);
    },
  };
}
