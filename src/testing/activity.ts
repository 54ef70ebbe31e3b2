/**
 * What goes on that the engine does not end by itself: calls of the store, steps, answers to hooks.
 * The clock stands still as long as any of it does.
 */
export interface Activity {
  /** @param what shown to people who wait for it. Returns how to end it; a second call does nothing. */
  begin(what: string): () => void;
  during<T>(what: string, work: Promise<T>): Promise<T>;
  readonly none: boolean;
  /** Settles at the next moment at which nothing goes on. */
  whenNone(): Promise<void>;
  /** What goes on, the longest first. */
  list(): readonly string[];
  /** Forgets everything that goes on, and whatever begins from now on. */
  dispose(): void;
}

/** @param parent goes on as long as its parts do */
export function createActivity(parent?: Activity): Activity {
  const going = new Map<object, { readonly what: string; readonly endAbove: () => void }>();
  let waiting: (() => void)[] = [];
  let disposed = false;

  function begin(what: string): () => void {
    if (disposed) return () => {};
    const key = {};
    going.set(key, { what, endAbove: parent?.begin(what) ?? (() => {}) });
    return () => end(key);
  }

  function end(key: object): void {
    const entry = going.get(key);
    if (entry === undefined) return;
    going.delete(key);
    entry.endAbove();
    if (going.size > 0) return;
    const told = waiting;
    waiting = [];
    for (const tell of told) tell();
  }

  return {
    begin,
    during(what, work) {
      const end = begin(what);
      work.then(end, end);
      return work;
    },
    get none() {
      return going.size === 0;
    },
    whenNone() {
      if (going.size === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    list: () => [...going.values()].map(({ what }) => what),
    dispose() {
      for (const key of [...going.keys()]) end(key);
      disposed = true;
    },
  };
}
