import type { Clock } from '../core/clock.ts';

/** Time that passes only when somebody says so. */
export interface VirtualClock extends Clock {
  /** When the next timer is due, milliseconds since the epoch; null if there is none. */
  nextAt(): number | null;
  /** Moves to the next timer and lets it fire. */
  fireNext(): void;
  /** Moves on to an instant before the next timer. */
  moveTo(at: number): void;
  /** The same time for a part of the world that may end before the rest: then its timers are gone. */
  fork(): Clock & { dispose(): void };
}

interface Timer {
  readonly at: number;
  /** Of timers for the same instant, the one set first fires first. */
  readonly order: number;
  /** Null once it is called off. */
  fn: (() => void) | null;
}

/** @param start milliseconds since the epoch */
export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  let order = 0;
  /** A binary heap, the earliest first. Called-off timers stay until they come to the top. */
  const heap: Timer[] = [];

  function after(ms: number, fn: () => void): () => void {
    const timer: Timer = { at: now + Math.max(0, ms), order: ++order, fn };
    push(heap, timer);
    return () => {
      timer.fn = null;
    };
  }

  function next(): Timer | undefined {
    while (heap[0]?.fn === null) pop(heap);
    return heap[0];
  }

  return {
    now: () => now,
    after,
    nextAt: () => next()?.at ?? null,
    fireNext() {
      const timer = next();
      if (timer === undefined) return;
      pop(heap);
      now = Math.max(now, timer.at);
      timer.fn?.();
    },
    moveTo(at) {
      now = Math.max(now, at);
    },
    fork() {
      let disposed = false;
      return {
        now: () => now,
        after: (ms, fn) => after(ms, () => void (disposed || fn())),
        dispose() {
          disposed = true;
        },
      };
    },
  };
}

function isBefore(a: Timer | undefined, b: Timer | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let at = 0; ; ) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    const child = isBefore(heap[right], heap[left]) ? right : left;
    if (!isBefore(heap[child], heap[at])) return;
    swap(heap, at, child);
    at = child;
  }
}

function swap(heap: Timer[], a: number, b: number): void {
  const [first, second] = [heap[a] as Timer, heap[b] as Timer];
  heap[a] = second;
  heap[b] = first;
}
