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
    const timer = realSetTimeout(fn, Math.min(Math.max(0, ms), LONGEST_TIMEOUT_MS));
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
