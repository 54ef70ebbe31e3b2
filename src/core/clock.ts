/** The only source of real time: everything that needs time takes one of these. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds. Returns a function that calls it off. */
  after(ms: number, fn: () => void): () => void;
}

/** setTimeout overflows beyond 2^31-1 ms and would fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => realNow(),
  after(ms, fn) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const now = Math.min(Math.max(0, left), LONGEST_TIMEOUT_MS);
      timer = realSetTimeout(() => (left > now ? wait(left - now) : fn()), now);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};

// Taken before workflow code can run: inside a workflow the globals are the deterministic ones.
const realNow = Date.now.bind(Date);
const realSetTimeout = setTimeout;

/** RFC 3339 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new RealDate(ms).toISOString();
}
const RealDate = Date;
