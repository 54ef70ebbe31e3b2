/** Time of a mock context: it passes when nothing else goes on. */
export interface MockTime {
  now(): number;
  /** Counts something that takes real time. Returns how to end it. */
  begin(): () => void;
  /** Calls `fn` when so many milliseconds have passed. Returns how to call it off. */
  after(ms: number, fn: () => void): () => void;
  /** Says that the code waits for something that only `after` or the outside can end. */
  waits(describe: () => string): () => void;
  /** Rejects when nothing is left that could go on. */
  readonly stuck: Promise<never>;
}

export function createMockTime(start: number): MockTime {
  let now = start;
  let working = 0;
  let looking = false;
  const timers: { readonly at: number; readonly fn: () => void }[] = [];
  const waiting = new Set<() => string>();
  let giveUp: (error: Error) => void = () => {};
  const stuck = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  stuck.catch(() => {});

  /** A turn of the event loop is proof that the code has come to rest. */
  function look(): void {
    if (looking) return;
    looking = true;
    setImmediate(() => {
      looking = false;
      if (working > 0) return;
      const next = timers.shift();
      if (next !== undefined) {
        now = Math.max(now, next.at);
        next.fn();
        look();
      } else if (waiting.size > 0) {
        giveUp(new Error([...waiting].map((describe) => describe()).join('; ')));
      }
    });
  }

  return {
    now: () => now,
    stuck,
    begin() {
      working++;
      return () => {
        working--;
        look();
      };
    },
    after(ms, fn) {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      timers.sort((a, b) => a.at - b.at);
      look();
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
    waits(describe) {
      waiting.add(describe);
      look();
      return () => void waiting.delete(describe);
    },
  };
}
